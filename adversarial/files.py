"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from adversarial.messages import FailedWork

_PARTIAL = re.compile(r"\.[0-9a-f]{12}(\.\w+)?")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
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
    # Short, since the name of the file itself may be as long as can be.
    partial = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FailedWork(f"could not write {path}: {reason}") from error
    finally:
        # What went wrong before is what the user should hear of.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def remove_partial_files(folder: Path, pattern: str) -> None:
    """Removes what killed processes left half-written.

    Args:
        folder: One in which no other process writes.
        pattern: What to look among, such as `**/.*`.
    """
    for path in folder.glob(pattern):
        if _PARTIAL.fullmatch(path.name) and path.is_file():
            path.unlink()
