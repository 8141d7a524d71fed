"""Atomic writes: files and folders appear complete or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from gancore.errors import RuntimeFailure

_PARTIAL = re.compile(r"\.[0-9a-f]{12}(\.\w+)?")


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Writes a file; an old one survives until the new one is complete.

    Args:
        path: Path of the file.

    Yields:
        A temporary path in the same folder, hidden and of the same suffix, to
        write to. If the block succeeds, it is flushed to the disk and renamed.

    Raises:
        RuntimeFailure: If the disk is full or the folder cannot be written.
    """
    partial = _hidden(path)
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuntimeFailure(f"could not write {path}: {reason}") from error
    finally:
        # An error before this one is the one to report.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Creates a folder, as `atomic_write` a file.

    Args:
        path: Path of the folder; an existing one is replaced.

    Yields:
        A hidden temporary folder in the same parent to write into.

    Raises:
        RuntimeFailure: If the disk is full or the folder cannot be created.
    """
    partial, old = _hidden(path), _hidden(path)
    try:
        partial.mkdir()
        yield partial
        # A folder cannot replace another that is not empty.
        if path.exists():
            path.rename(old)
        partial.rename(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuntimeFailure(f"could not write {path}: {reason}") from error
    finally:
        if old.exists() and not path.exists():
            old.rename(path)
        for rest in (partial, old):
            shutil.rmtree(rest, ignore_errors=True)


def _hidden(path: Path) -> Path:
    # Short: the name of the file may be as long as the disk allows.
    return path.with_name(f".{secrets.token_hex(6)}{path.suffix}")


def remove_partial_files(folder: Path, pattern: str) -> None:
    """Removes temporary files of killed processes.

    Args:
        folder: One in which no other process writes.
        pattern: Glob pattern of candidates, such as `**/.*`.
    """
    for path in folder.glob(pattern):
        if _PARTIAL.fullmatch(path.name) and path.is_file():
            path.unlink()
