"""Whether results can be written, asked before work begins, and where."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gancore.errors import RuntimeFailure, UserError


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


def check_model_name(path: str) -> None:
    """Checks that Keras will read a model back from a file of this name.

    Raises:
        UserError: If the name does not end in `.h5`.
    """
    if not path.endswith(".h5"):
        raise UserError(f"{path} does not end in .h5, the format of the model")


def check_folder(folder: Path) -> None:
    """Checks that a folder is there or can be made, without making it.

    Raises:
        UserError: If something else is in its place, or it cannot be written.
    """
    nearest = folder.absolute()
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not os.path.isdir(nearest):
        raise UserError(f"{folder} is no folder: {nearest} is in its place")
    if not os.access(nearest, os.W_OK):
        raise UserError(f"the folder {nearest} cannot be written")


def create_folder(folder: Path) -> None:
    """Makes a folder and those above it, where they are missing.

    Raises:
        FailedWork: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RuntimeFailure(
            f"cannot make the folder {folder}: {error.strerror}"
        ) from error
