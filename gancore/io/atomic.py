"""Files and folders that appear whole or not at all."""

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
    """Writes a file so that the old one survives until the new one is whole.

    Args:
        path: Where the file shall be.

    Yields:
        A temporary path in the same folder, hidden and of the same suffix, to
        write to. When the block ends well it is flushed to the disk and
        renamed.

    Raises:
        FailedWork: If the disk is full or the folder cannot be written.
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
        # What went wrong before is what the user should hear of.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Makes a folder, as `whole_file` does a file.

    Args:
        path: Where the folder shall be; a folder that is there is replaced.

    Yields:
        A temporary folder beside it to write into, hidden.

    Raises:
        FailedWork: If the disk is full or the folder cannot be made.
    """
    partial, old = _hidden(path), _hidden(path)
    try:
        partial.mkdir()
        yield partial
        # A folder cannot be renamed onto another that is not empty.
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
    # Short, since the name of the file itself may be as long as can be.
    return path.with_name(f".{secrets.token_hex(6)}{path.suffix}")


def remove_partial_files(folder: Path, pattern: str) -> None:
    """Removes what killed processes left half-written.

    Args:
        folder: One in which no other process writes.
        pattern: What to look among, such as `**/.*`.
    """
    for path in folder.glob(pattern):
        if _PARTIAL.fullmatch(path.name) and path.is_file():
            path.unlink()
