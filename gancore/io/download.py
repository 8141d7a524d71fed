"""Large files from the web: by HTTPS only, gone on with, verified."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import http.client
import logging
import os
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gancore.errors import RuntimeFailure, UserError
from gancore.io.progress import Progress

logger = logging.getLogger(__name__)

# Seconds before each new attempt, while nothing comes.
_PAUSES = (1, 3, 10)
# Seconds without a byte after which a connection counts as cut.
_SILENCE = 30
_CHUNK = 2**20
# Answers of servers that may think better of it (RFC 9110 and RFC 6585).
_PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file on the web of which all is known but the bytes.

    Attributes:
        url: Where it is; `https://`.
        size: In bytes.
        sha256: In hexadecimal.
    """

    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The last part of its URL."""
        return self.url.rpartition("/")[2]


class _Cut(Exception):
    """A connection that failed in a way that another may not."""


class _OnlyHTTPS(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but to no place where anyone may listen."""

    def redirect_request(
        self, request: Any, file: Any, *facts: Any
    ) -> urllib.request.Request | None:
        _check_https(facts[-1])
        return super().redirect_request(request, file, *facts)


def download(file: RemoteFile, folder: Path) -> Path:
    """Downloads a file, from where an earlier attempt has stopped.

    What has come of it lies beside, named after its SHA-256 too, so that the
    end of one version is never put to the beginning of another.

    Args:
        file: What to download. A file of its name that is there already is
            taken for it if its SHA-256 is right.
        folder: Where to; a folder that is there.

    Returns:
        The file, whole and verified.

    Raises:
        UserError: If another file has its name.
        FailedWork: If it cannot be had, is another than was expected, or
            cannot be written. What has come is kept while it may be good.
    """
    path, part = folder / file.name, _part(file, folder)
    try:
        if path.is_file():
            if _sha256(path) != file.sha256:
                raise UserError(
                    f"{path} is not what {file.url} should be, or not whole; "
                    "remove it to have it downloaded"
                )
            return path
        _receive_all(file, part)
        found = _sha256(part)
        if found != file.sha256:
            part.unlink()
            raise _another(file, f"its SHA-256 is {found}; it was deleted")
        with part.open("rb+") as whole:
            os.fsync(whole.fileno())
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuntimeFailure(
            f"could not write {path}: {reason}; what has come is kept, and "
            "the same command goes on from there"
        ) from error
    return path


def bytes_left(file: RemoteFile, folder: Path) -> int:
    """Gives how many bytes `download` has still to download."""
    if (folder / file.name).is_file():
        return 0
    return max(file.size - _size(_part(file, folder)), 0)


def check_room(folder: Path, size: int) -> None:
    """Checks that a disk has room.

    Args:
        folder: A folder on it, there already.
        size: How much room, in bytes.

    Raises:
        FailedWork: If it has less.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise RuntimeFailure(
            f"{folder} has room for {format_bytes(free)}; {format_bytes(size)} are "
            "needed"
        )


def format_bytes(size: int) -> str:
    """Tells a number of bytes to a person, such as `3.53 GB`."""
    for unit, many in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= many:
            return f"{size / many:.3g} {unit}"
    return f"{size} bytes"


def _receive_all(file: RemoteFile, part: Path) -> None:
    """Connects anew as often as needed, unless nothing more comes."""
    _check_https(file.url)
    best = _size(part)
    if best > file.size:
        part.unlink()
        best = 0
    name = f"{file.name}, {format_bytes(file.size)}"
    progress = Progress(name, best, logged=True)
    in_vain = 0
    try:
        while _size(part) < file.size:
            reason = "the connection was cut"
            try:
                _receive(file, part, progress)
            except _Cut as error:
                reason = str(error)
            done = _size(part)
            if done == file.size:
                break
            if done > best:
                best, in_vain = done, 0
            progress.clear()
            if in_vain == len(_PAUSES):
                raise RuntimeFailure(
                    f"{file.url} does not come: {reason}; what has come is "
                    "kept, and the same command goes on from there"
                )
            pause = _PAUSES[in_vain]
            in_vain += 1
            logger.warning(f"{file.name}: {reason}; trying again in {pause} s")
            time.sleep(pause)
    except KeyboardInterrupt:
        progress.clear()
        logger.info(
            "what has come is kept, and the same command goes on from there"
        )
        raise
    finally:
        progress.clear()


def _receive(file: RemoteFile, part: Path, progress: Progress) -> None:
    """Appends to a file what one connection gives."""
    done = _size(part)
    request = urllib.request.Request(
        file.url, headers={"Range": f"bytes={done}-"} if done else {}
    )
    context = ssl.create_default_context()
    opener = urllib.request.build_opener(
        _OnlyHTTPS, urllib.request.HTTPSHandler(context=context)
    )
    with _network(file.url):
        answer = opener.open(request, timeout=_SILENCE)
    with answer, part.open("ab", buffering=0) as out:
        done = _start(file, answer, done)
        out.truncate(done)
        while True:
            with _network(file.url):
                chunk = answer.read1(_CHUNK)
            if not chunk:
                return
            done += len(chunk)
            if done > file.size:
                raise _another(file, f"it is longer than {file.size} bytes")
            out.write(chunk)
            progress.reach(done, file.size)


@contextlib.contextmanager
def _network(url: str) -> Iterator[None]:
    """Tells failures of the network from those of the disk."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            message = f"{url} answers {error.code} {error.reason}"
        if error.code not in _PASSING:
            raise RuntimeFailure(message) from error
        raise _Cut(message) from error
    except (http.client.HTTPException, OSError) as error:
        cause = getattr(error, "reason", error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise RuntimeFailure(
                f"{url} cannot be trusted: {cause.verify_message}"
            ) from error
        raise _Cut(str(cause) or type(cause).__name__) from error


def _start(file: RemoteFile, answer: Any, wanted: int) -> int:
    """Finds where an answer begins: where it should, or at the start."""
    if answer.status == http.client.PARTIAL_CONTENT:
        message = answer.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", message)
        if not found or int(found[1]) != wanted:
            raise _another(file, f"for its end from {wanted} comes {message!r}")
        start, length = wanted, found[2]
    else:
        start, length = 0, answer.headers.get("Content-Length", "*")
    if length not in ("*", str(file.size)):
        raise _another(file, f"it has {length} bytes, not {file.size}")
    return start


def _part(file: RemoteFile, folder: Path) -> Path:
    return folder / f"{file.name}.{file.sha256[:8]}.part"


def _another(file: RemoteFile, why: str) -> RuntimeFailure:
    return RuntimeFailure(
        f"{file.url} is not the file that was expected: {why}"
    )


def _check_https(url: str) -> None:
    if not url.startswith("https://"):
        raise RuntimeFailure(f"{url} is not encrypted, so it is not downloaded")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
