"""Zip archives, unpacked so that no file lands outside of the folder."""

from __future__ import annotations

import logging
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from gancore.errors import RuntimeFailure, first_few
from gancore.io.progress import Progress

logger = logging.getLogger(__name__)

# Deflate makes at most about 1,032 bytes of one; ordinary files are far below.
_MAX_RATIO = 100
_MAX_FILES = 100_000
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Backslashes, colons and control characters name a parent folder, a device or
# a stream on some systems.
_PLAIN = re.compile(r"(?!\.{1,2}$)[\w .,()+=@~-]+")


def unpack(
    archive: Path, folder: Path, *, suffixes: Sequence[str], max_bytes: int
) -> int:
    """Unpacks an archive's files into one folder, all of them or none.

    The index of the archive is checked before anything is written; `zipfile`
    holds the data to it. Folders, modes and times in it are ignored.

    Args:
        archive: A zip file.
        folder: Where to put the files; it does not exist, or is empty.
        suffixes: Endings of names to unpack, such as `.png`. Other and hidden
            files are skipped, which is logged.
        max_bytes: Largest sum of the sizes of its files.

    Returns:
        Number of files.

    Raises:
        RuntimeFailure: If the archive is damaged or unsafe, has no file to
            unpack or two of one name, or if the disk cannot be written.
    """
    partial = folder.with_name(f"{folder.name}.unpacking")
    try:
        with (
            zipfile.ZipFile(archive) as source,
            Progress(f"unpacking {archive.name}") as progress,
        ):
            members = _checked(source, tuple(suffixes), max_bytes)
            # An earlier attempt may have been killed.
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            for member in members:
                with source.open(member) as data:
                    _write(data, partial / member.filename.rpartition("/")[2])
                progress.step(len(members))
        os.replace(partial, folder)
    except (
        EOFError, NotImplementedError, ValueError, zipfile.BadZipFile,
        zlib.error,
    ) as error:  # fmt: skip
        raise RuntimeFailure(f"{archive} is not unpacked: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuntimeFailure(f"could not unpack {archive}: {reason}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return len(members)


def _checked(
    source: zipfile.ZipFile, suffixes: tuple[str, ...], max_bytes: int
) -> list[zipfile.ZipInfo]:
    """Returns the files to unpack; a `ValueError` refuses the archive."""
    members = source.infolist()
    if len(members) > _MAX_FILES:
        raise ValueError(f"it holds {len(members)} files")
    if sum(member.file_size for member in members) > max_bytes:
        raise ValueError(f"it unpacks to more than {max_bytes} bytes")
    # By name without capitals, which some disks do not know.
    wanted: dict[str, zipfile.ZipInfo] = {}
    skipped = []
    for member in members:
        # The name as it stands: `filename` is already made to look harmless.
        path = member.orig_filename
        *_, name = parts = path.removesuffix("/").split("/")
        problems = {
            "is not a plain name": not all(map(_PLAIN.fullmatch, parts)),
            "is a link or a device": (
                stat.S_IFMT(member.external_attr >> 16) not in _KINDS
            ),
            "is encrypted": member.flag_bits & 1,
            "uses an unusual compression": member.compress_type not in _METHODS,
            "unpacks to far more than it is": (
                member.file_size > _MAX_RATIO * max(member.compress_size, 1)
            ),
        }
        for problem, found in problems.items():
            if found:
                raise ValueError(f"{path!r} {problem}")
        if path.endswith("/"):
            continue
        if name.startswith(".") or not name.lower().endswith(suffixes):
            skipped.append(path)
        elif wanted.setdefault(name.lower(), member) is not member:
            raise ValueError(f"it holds two files {name!r}")
    if not wanted:
        raise ValueError(f"it holds no {' or '.join(suffixes)} file")
    if skipped:
        logger.info(f"skipped in {source.filename}: {first_few(skipped)}")
    return list(wanted.values())


def _write(data: IO[bytes], path: Path) -> None:
    with path.open("xb") as out:
        shutil.copyfileobj(data, out, 2**20)
        out.flush()
        os.fsync(out.fileno())
