"""Finds and opens the `.h5` of a trained network."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import h5py
import keras

from adversarial.checkpoint import PROVENANCE
from adversarial.messages import UserError, first_line

_GIT_LFS = b"version https://git-lfs"


def find_model(
    name_or_path: str | Path, shipped: Collection[str], weights: Path
) -> Path:
    """Finds the file of a network.

    Args:
        name_or_path: One of the shipped names, or the path of an `.h5` file.
        shipped: Names of the weights that come with a package.
        weights: Folder of these.

    Raises:
        UserError: If there is none.
    """
    name = str(name_or_path)
    if name in shipped:
        path = weights / f"{name}.h5"
        if not path.is_file():
            raise UserError(
                f"the weights {name} are not installed: {path} is missing"
            )
        return path
    path = Path(name_or_path)
    if path.is_dir():
        raise UserError(f"{path} is a folder, not an .h5 file")
    if not path.exists():
        close = difflib.get_close_matches(name, shipped, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UserError(
            f"there is no model {name}; {hint}give the path of an .h5 file or "
            f"one of {', '.join(shipped)}"
        )
    return path


def inspect_h5(path: Path) -> tuple[dict[str, Any], bool]:
    """Reads an `.h5`'s provenance, and whether it holds a whole model.

    Raises:
        UserError: If it is no `.h5`, or damaged.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_GIT_LFS))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    if start == _GIT_LFS:
        raise UserError(
            f"{path} is a git-LFS pointer, not the file itself; run "
            "`git lfs pull` where it comes from"
        )
    if not h5py.is_hdf5(path):
        what = "is not an HDF5 (.h5) file" if start else "is empty"
        raise UserError(f"{path} {what}")
    try:
        with h5py.File(path, "r") as file:
            provenance = json.loads(file.attrs.get(PROVENANCE, "{}"))
            if not isinstance(provenance, dict):
                raise ValueError("what it says of itself is no record")
            return provenance, "model_config" in file.attrs
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is truncated or damaged: {error}") from error


def load_network(path: Path) -> keras.Model:
    """Loads a whole Keras model, not compiled.

    Raises:
        UserError: If Keras cannot.
    """
    try:
        return keras.models.load_model(path, compile=False)
    # A file from anywhere can fail in any way while Keras rebuilds it.
    except Exception as error:
        reason = first_line(error)
        raise UserError(f"Keras cannot load {path}: {reason}") from error
