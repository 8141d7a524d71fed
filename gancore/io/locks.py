"""One process at a time in a folder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.errors import UserError

if TYPE_CHECKING:
    from filelock import BaseFileLock

logger = logging.getLogger(__name__)

LOCK_FILE = ".lock"

_HELD: dict[Path, BaseFileLock] = {}


def lock(folder: Path) -> None:
    """Locks a folder against other processes until this one ends, however.

    The file `.lock` in it stays; the operating system drops the lock on it
    when the process ends. A file system without locks is warned about.

    Args:
        folder: An existing folder.

    Raises:
        UserError: If another process holds the lock.
    """
    import filelock

    folder = folder.resolve()
    if folder in _HELD:
        return
    # A lock file that only exists would outlive a process that is killed.
    held = filelock.FileLock(
        folder / LOCK_FILE, thread_local=False, fallback_to_soft=False
    )
    try:
        held.acquire(blocking=False)
    except filelock.Timeout:
        raise UserError(f"another process is at work in {folder}") from None
    except OSError as error:
        logger.warning(
            f"{folder} cannot be locked: {error.strerror}; make sure that no "
            "other process works in it"
        )
    _HELD[folder] = held
