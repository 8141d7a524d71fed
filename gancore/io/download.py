"""Large files from the web: HTTPS only, resumed, and verified by SHA-256."""

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

# Seconds before each new attempt, while no bytes arrive.
_PAUSES = (1, 3, 10)
# Seconds without a byte after which a connection counts as cut.
_TIMEOUT = 30
_CHUNK = 2**20
# Temporary errors of servers (RFC 9110 and RFC 6585).
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
_RESUMABLE = (
    "the part received is kept, and the same command resumes from there"
)


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file on the web whose size and checksum are known.

    Attributes:
        url: An `https://` URL.
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


class _ConnectionLost(Exception):
    """A connection failed in a way that another attempt may not."""


class _OnlyHTTPS(urllib.request.HTTPRedirectHandler):
    """Follows redirections to encrypted URLs only."""

    def redirect_request(
        self, request: Any, file: Any, *facts: Any
    ) -> urllib.request.Request | None:
        _check_https(facts[-1])
        return super().redirect_request(request, file, *facts)


def download(file: RemoteFile, folder: Path) -> Path:
    """Downloads a file, resuming an earlier attempt.

    The part received so far lies in the same folder. Its name holds a prefix
    of the SHA-256, so that parts of two versions are never joined.

    Args:
        file: What to download. An existing file of its name is used if its
            SHA-256 is right.
        folder: Where to; an existing folder.

    Returns:
        Path of the file, complete and verified.

    Raises:
        UserError: If another file has its name.
        RuntimeFailure: If it cannot be downloaded or written, or is not the
            expected file. The part received is kept while it may be good.
    """
    path, part = folder / file.name, _part(file, folder)
    try:
        if path.is_file():
            if _sha256(path) != file.sha256:
                raise UserError(
                    f"{path} is not the file at {file.url}, or is incomplete; "
                    "remove it to download it"
                )
            return path
        _receive_all(file, part)
        found = _sha256(part)
        if found != file.sha256:
            part.unlink()
            raise _unexpected(file, f"its SHA-256 is {found}; it was deleted")
        with part.open("rb+") as complete:
            os.fsync(complete.fileno())
        os.replace(part, path)
    except KeyboardInterrupt:
        logger.info(_RESUMABLE)
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuntimeFailure(
            f"could not write {path}: {reason}; {_RESUMABLE}"
        ) from error
    return path


def bytes_left(file: RemoteFile, folder: Path) -> int:
    """Returns how many bytes `download` still has to receive."""
    if (folder / file.name).is_file():
        return 0
    return max(file.size - _size(_part(file, folder)), 0)


def check_disk_space(folder: Path, size: int) -> None:
    """Checks that a disk has room.

    Args:
        folder: An existing folder on the disk.
        size: Number of bytes needed.

    Raises:
        RuntimeFailure: If it has less.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise RuntimeFailure(
            f"{folder} has room for {format_bytes(free)}; "
            f"{format_bytes(size)} are needed"
        )


def format_bytes(size: int) -> str:
    """Formats a number of bytes with three digits, such as `3.53 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"


def _receive_all(file: RemoteFile, part: Path) -> None:
    """Reconnects as often as needed, unless no more bytes arrive."""
    _check_https(file.url)
    most = _size(part)
    if most > file.size:
        part.unlink()
        most = 0
    name = f"{file.name}, {format_bytes(file.size)}"
    failures = 0
    with Progress(name, most, logged=True) as progress:
        while _size(part) < file.size:
            reason = "the connection was cut"
            try:
                _receive(file, part, progress)
            except _ConnectionLost as error:
                reason = str(error)
            done = _size(part)
            if done == file.size:
                break
            if done > most:
                most, failures = done, 0
            if failures == len(_PAUSES):
                raise RuntimeFailure(
                    f"{file.url} cannot be downloaded: {reason}; {_RESUMABLE}"
                )
            pause = _PAUSES[failures]
            failures += 1
            logger.warning(f"{file.name}: {reason}; retrying in {pause} s")
            time.sleep(pause)


def _receive(file: RemoteFile, part: Path, progress: Progress) -> None:
    """Appends the bytes of one connection to a file."""
    done = _size(part)
    request = urllib.request.Request(
        file.url, headers={"Range": f"bytes={done}-"} if done else {}
    )
    context = ssl.create_default_context()
    opener = urllib.request.build_opener(
        _OnlyHTTPS, urllib.request.HTTPSHandler(context=context)
    )
    with _network(file.url):
        response = opener.open(request, timeout=_TIMEOUT)
    with response, part.open("ab", buffering=0) as out:
        done = _start(file, response, done)
        out.truncate(done)
        while True:
            with _network(file.url):
                chunk = response.read1(_CHUNK)
            if not chunk:
                return
            done += len(chunk)
            if done > file.size:
                raise _unexpected(file, f"it is longer than {file.size} bytes")
            out.write(chunk)
            progress.update(done, file.size)


@contextlib.contextmanager
def _network(url: str) -> Iterator[None]:
    """Separates failures of the network from those of the disk."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            message = f"{url} answers {error.code} {error.reason}"
        if error.code not in _TEMPORARY:
            raise RuntimeFailure(message) from error
        raise _ConnectionLost(message) from error
    except (http.client.HTTPException, OSError) as error:
        cause = getattr(error, "reason", error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise RuntimeFailure(
                f"{url} cannot be trusted: {cause.verify_message}"
            ) from error
        raise _ConnectionLost(str(cause) or type(cause).__name__) from error


def _start(file: RemoteFile, response: Any, wanted: int) -> int:
    """Returns the offset of a response: as requested, or 0."""
    if response.status == http.client.PARTIAL_CONTENT:
        message = response.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", message)
        if not found or int(found[1]) != wanted:
            raise _unexpected(
                file, f"bytes from {wanted} were requested, not {message!r}"
            )
        start, length = wanted, found[2]
    else:
        start, length = 0, response.headers.get("Content-Length", "*")
    if length not in ("*", str(file.size)):
        raise _unexpected(file, f"it has {length} bytes, not {file.size}")
    return start


def _part(file: RemoteFile, folder: Path) -> Path:
    return folder / f"{file.name}.{file.sha256[:8]}.part"


def _unexpected(file: RemoteFile, why: str) -> RuntimeFailure:
    return RuntimeFailure(f"{file.url} is not the expected file: {why}")


def _check_https(url: str) -> None:
    if not url.startswith("https://"):
        raise RuntimeFailure(
            f"{url} is not an https:// URL, so it is not downloaded"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
