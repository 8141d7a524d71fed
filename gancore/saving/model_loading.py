"""Finds the `.h5` of a trained network, and makes the network."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection
from pathlib import Path

import h5py
import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.backend.common.variables import initialize_all_variables
from keras.src.legacy.saving.legacy_h5_format import load_model_from_hdf5

from gancore.errors import UserError, printable
from gancore.saving.config_allowlist import NotAllowed, check_description
from gancore.saving.safe_h5 import CheckedFile

_WAITING = "uninitialized_variables"
# Numbers that a network keeps and does not save, such as states of Dropout.
_UNSAVED = 2**16


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


def holds_network(checked: CheckedFile) -> bool:
    """Tells whether a file holds a whole model, not weights alone."""
    return "model_config" in checked.file.attrs


def load_network(checked: CheckedFile) -> keras.Model:
    """Makes the network of a file, not compiled.

    Raises:
        UserError: If the file holds none, or one that is more than layers on
            our list, or Keras cannot make it, or a weight is not finite.
    """
    path, text = checked.path, checked.text("model_config")
    if text is None:
        raise UserError(f"{path} holds no Keras model")
    try:
        check_description(text)
    except NotAllowed as error:
        raise UserError(
            f"{path} is refused: {printable(error)}; see SECURITY.md"
        ) from error
    try:
        network = _make(checked.file)
    # A file from anywhere can fail in any way while Keras rebuilds it.
    except Exception as error:
        reason = printable(error)
        raise UserError(f"Keras cannot load {path}: {reason}") from error
    if not all(np.isfinite(w).all() for w in network.get_weights()):
        raise UserError(f"the weights of {path} are not finite numbers")
    return _with_bare_tensors(network)


def _with_bare_tensors(network: keras.Model) -> keras.Model:
    """Takes a list of one input and one output for what is in it.

    Lists are in the files for old versions of Keras; the newest warn when a
    network that has one is given an array.
    """
    if isinstance(network, keras.Sequential):
        return network
    ends = [
        end[0] if isinstance(end, list) and len(end) == 1 else end
        for end in (network.input, network.output)
    ]
    return keras.Model(*ends, name=network.name)


def _make(file: h5py.File) -> keras.Model:
    """Makes a network and takes no memory for weights the file does not hold.

    In a stateless scope a weight has a shape and no value. Keras compares all
    shapes with those of the file, which then are the values.
    """
    scope = keras.StatelessScope(initialize_variables=False)
    try:
        with scope:
            network = load_model_from_hdf5(file, compile=False, safe_mode=True)
        waiting = global_state.get_global_attribute(_WAITING, [])
        unsaved = sum(math.prod(v.shape) for v in waiting)
        if unsaved - network.count_params() > _UNSAVED:
            raise ValueError("it has weights that are not in the file")
        initialize_all_variables()
    finally:
        # What is left of a failure would be made with the next network.
        global_state.set_global_attribute(_WAITING, [])
    for weight in network.weights:
        weight.assign(scope.get_current_value(weight))
    return network
