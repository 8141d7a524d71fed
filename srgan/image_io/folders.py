"""Searches folders for images, and counts what is left out."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections import Counter
from pathlib import Path

from gancore.errors import UserError
from srgan.image_io.formats import FORMATS

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class FolderScan:
    """What was found in a folder and its subfolders.

    Attributes:
        images: Files with the suffix of a format that is read, sorted.
        left_out: Number of the other entries, by suffix or kind.
    """

    images: list[Path] = dataclasses.field(default_factory=list)
    left_out: Counter[str] = dataclasses.field(default_factory=Counter)


def scan_folder(folder: Path) -> FolderScan:
    """Searches a folder and its subfolders.

    Links to folders are followed; each folder is searched once, so that
    links in a circle end. Hidden files and folders are left out: partial
    files, and files that other programs store beside an image. A broken link
    is kept, so that reading it reports the reason.

    Raises:
        UserError: If there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder of images {folder}")
    scan = FolderScan()
    visited = {os.path.realpath(folder)}
    waiting, links = [folder], list[Path]()
    # Links come last: a folder is listed under its own path if it has one.
    while waiting or links:
        current = waiting.pop() if waiting else links.pop(0)
        if current.is_symlink() and current != folder:
            real = os.path.realpath(current)
            if real in visited:
                continue
            visited.add(real)
        _scan_one(current, scan, visited, waiting, links)
    scan.images.sort()
    return scan


def _scan_one(
    folder: Path,
    scan: FolderScan,
    visited: set[str],
    waiting: list[Path],
    links: list[Path],
) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        logger.warning(f"{folder} is left out: {error.strerror or error}")
        return
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            scan.left_out["hidden"] += 1
        elif os.path.isdir(path):
            if entry.is_symlink():
                links.append(path)
            elif (real := os.path.realpath(path)) not in visited:
                visited.add(real)
                waiting.append(path)
        elif path.suffix.lower() not in FORMATS:
            scan.left_out[kind_by_name(path)] += 1
        elif os.path.isfile(path) or not os.path.exists(path):
            scan.images.append(path)
        else:
            scan.left_out["not a regular file"] += 1


def kind_by_name(path: Path) -> str:
    """Returns the name under which a file is counted if it is left out."""
    return path.suffix.lower() or "without a suffix"


def describe_left_out(left_out: Counter[str]) -> str:
    """Returns a text such as `3 .txt, 1 hidden`."""
    return ", ".join(f"{n} {kind}" for kind, n in left_out.most_common())
