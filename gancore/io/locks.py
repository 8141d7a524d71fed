"""One process at a time in a folder."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from gancore.errors import UserError

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

_HELD: dict[Path, int] = {}


def lock(folder: Path) -> None:
    """Keeps other processes out of a folder until this one ends, however.

    Where the file system knows no locks, a note says that it is open to all.

    Args:
        folder: A folder that is there.

    Raises:
        UserError: If another process holds it.
    """
    folder = folder.resolve()
    if folder in _HELD:
        return
    if sys.platform == "win32":
        logger.warning(f"{folder} is not kept from other processes")
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise UserError(f"another process is at work in {folder}") from None
    except OSError as error:
        logger.warning(
            f"{folder} is not kept from other processes: {error.strerror}; "
            "see that none works in it"
        )
    _HELD[folder] = handle
