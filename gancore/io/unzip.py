"""Zip archives, unpacked so that nothing lands where it should not."""

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

# Deflate makes at most about 1,032 bytes of one; honest files are far below.
_MOST_RATIO = 100
_MOST_FILES = 100_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# A part of a path; what has a backslash, a colon or a control character means
# a place, a device or a stream to some system.
_PLAIN = re.compile(r"(?!\.{1,2}$)[\w .,()+=@~-]+")


def unpack(
    archive: Path, folder: Path, *, suffixes: Sequence[str], most_bytes: int
) -> int:
    """Unpacks an archive's files, out of their folders, all of them or none.

    The whole archive is scored before anything is written, and is held to
    what it promises while it is read. Modes and times in it are ignored.

    Args:
        archive: A zip file.
        folder: Where its files shall be; nothing is there yet.
        suffixes: Endings of names to unpack, such as `.png`. Other and hidden
            files are left out, and a note names them.
        most_bytes: Largest sum of the sizes of its files.

    Returns:
        Number of files.

    Raises:
        FailedWork: If the archive is damaged, holds no file to unpack or two
            of one name, or does what none needs: names that lead elsewhere,
            links, encryption, more bytes than is allowed or than there can be
            in so few; or if the disk cannot be written.
    """
    working = folder.with_name(f"{folder.name}.unpacking")
    progress = Progress(f"unpacking {archive.name}")
    try:
        with zipfile.ZipFile(archive) as source:
            wanted = _discriminator(
                archive, source, tuple(suffixes), most_bytes
            )
            # An earlier attempt may have been killed.
            shutil.rmtree(working, ignore_errors=True)
            working.mkdir(parents=True)
            for name, member in wanted.items():
                with source.open(member) as data:
                    _write(data, working / name)
                progress.step(len(wanted))
        os.replace(working, folder)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise _refused(archive, f"it is damaged: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuntimeFailure(f"could not unpack {archive}: {reason}") from error
    finally:
        progress.clear()
        shutil.rmtree(working, ignore_errors=True)
    return len(wanted)


def _discriminator(
    archive: Path,
    source: zipfile.ZipFile,
    suffixes: tuple[str, ...],
    most_bytes: int,
) -> dict[str, zipfile.ZipInfo]:
    """Gives the files to unpack by bare name, if all of the archive is fit."""
    members = source.infolist()
    if len(members) > _MOST_FILES:
        raise _refused(archive, f"it holds {len(members)} files")
    if sum(member.file_size for member in members) > most_bytes:
        raise _refused(archive, f"it unpacks to more than {most_bytes} bytes")
    wanted: dict[str, zipfile.ZipInfo] = {}
    # Some disks know no capitals.
    taken: set[str] = set()
    left_out: list[str] = []
    for member in members:
        # The name as it stands: `filename` is already made to look harmless.
        path = member.orig_filename
        if why := _unfit(member, path):
            raise _refused(archive, f"{path!r} {why}")
        if path.endswith("/"):
            continue
        name = path.rpartition("/")[2]
        if name.startswith(".") or not name.lower().endswith(suffixes):
            left_out.append(path)
        elif name.lower() in taken:
            raise _refused(archive, f"it holds two files {name!r}")
        else:
            wanted[name] = member
            taken.add(name.lower())
    if left_out:
        logger.info(f"left out of {archive.name}: {first_few(left_out)}")
    if not wanted:
        raise _refused(archive, f"it holds no {' or '.join(suffixes)} file")
    return wanted


def _unfit(member: zipfile.ZipInfo, path: str) -> str | None:
    """Says what is wrong with a member, if anything is."""
    parts = path.removesuffix("/").split("/")
    if not all(map(_PLAIN.fullmatch, parts)):
        return "is no plain name"
    if stat.S_IFMT(member.external_attr >> 16) not in (
        0,
        stat.S_IFREG,
        stat.S_IFDIR,
    ):
        return "is a link or a device"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return "is packed in an unusual way"
    if member.file_size > _MOST_RATIO * max(member.compress_size, 1):
        return "unpacks to far more than it is"
    return None


def _write(data: IO[bytes], path: Path) -> None:
    with path.open("xb") as out:
        shutil.copyfileobj(data, out, 2**20)
        out.flush()
        os.fsync(out.fileno())


def _refused(archive: Path, why: str) -> RuntimeFailure:
    return RuntimeFailure(f"{archive} is not unpacked: {why}")
