"""Looks, before any work is done, whether its results can be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from adversarial.messages import UserError


def check_outputs(paths: Iterable[Path], overwrite: bool) -> None:
    """Checks that files can be written and that none would be lost.

    Args:
        paths: Files to write.
        overwrite: Existing files may be replaced.

    Raises:
        UserError: If a file exists already or its folder does not.
    """
    for path in paths:
        if not path.parent.is_dir():
            raise UserError(f"there is no folder {path.parent} to write into")
        if path.is_dir():
            raise UserError(f"{path} is a folder, not a file to write")
        if path.exists() and not overwrite:
            raise UserError(f"{path} exists already; --overwrite replaces it")
