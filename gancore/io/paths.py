"""Checks of output paths before work begins."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gancore.errors import RuntimeFailure, UserError

# Environment variable with the folder of all datasets.
DATASETS_VARIABLE = "GAN_DATASETS"


def check_outputs(paths: Iterable[Path], overwrite: bool) -> None:
    """Checks that files can be written and that none is overwritten.

    Args:
        paths: Files to write.
        overwrite: Whether existing files may be replaced.

    Raises:
        UserError: If a file exists already or its folder does not.
    """
    for path in paths:
        if not path.parent.is_dir():
            raise UserError(f"the folder {path.parent} does not exist")
        if path.is_dir():
            raise UserError(f"{path} is a folder, not a file to write")
        if path.exists() and not overwrite:
            raise UserError(f"{path} exists already; --overwrite replaces it")


def check_model_name(path: str) -> None:
    """Checks that Keras can load a model from a file of this name.

    Raises:
        UserError: If the name does not end in `.h5`.
    """
    if not path.endswith(".h5"):
        raise UserError(f"{path} does not end in .h5, the format of the model")


def check_folder(folder: Path) -> None:
    """Checks that a folder exists or can be created, without creating it.

    Raises:
        UserError: If something else is in its place, or it cannot be written.
    """
    nearest = folder.absolute()
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not os.path.isdir(nearest):
        raise UserError(f"{folder} is not a folder: {nearest} is a file")
    if not os.access(nearest, os.W_OK):
        raise UserError(f"the folder {nearest} cannot be written")


def create_folder(folder: Path) -> None:
    """Creates a folder and its missing parents.

    Raises:
        RuntimeFailure: If it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RuntimeFailure(
            f"cannot create the folder {folder}: {error.strerror}"
        ) from error


def datasets_dir() -> Path:
    """Returns the folder of all datasets.

    It is that of the environment variable `GAN_DATASETS`, else `datasets` in
    the working directory.
    """
    return Path(os.environ.get(DATASETS_VARIABLE) or "datasets").expanduser()
