"""Finds the `.h5` file of a network and loads the network."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection
from pathlib import Path

import h5py
import keras
import numpy as np

from gancore.errors import UnknownModel, UserError, printable
from gancore.hub.client import HUB_PREFIX, fetch
from gancore.saving.config_allowlist import (
    UnsafeConfigError,
    check_model_config,
)
from gancore.saving.keras_archive import MAX_UNSAVED
from gancore.saving.keras_private import (
    clear_uninitialized_variables,
    initialize_all_variables,
    load_model_from_hdf5,
    uninitialized_variables,
)
from gancore.saving.safe_h5 import CheckedFile

# Name of a network's file in the folder of a run, a preset or on the Hub.
MODEL_FILE = "model.h5"


def find_model(
    name_or_path: str | Path, pretrained: Collection[str], weights: Path
) -> Path:
    """Finds the file of a network.

    Args:
        name_or_path: Name of pretrained weights, path of an `.h5` file or of a
            folder that holds a `model.h5`, such as that of a run, or
            `hf://OWNER/NAME`, a repository of the Hugging Face Hub that does.
        pretrained: Names of the pretrained weights of a package.
        weights: Folder that holds them.

    Raises:
        UnknownModel: If there is no such file; a `ValueError`, too.
        UserError: If it cannot be fetched from the Hub.
    """
    name = str(name_or_path)
    if name.startswith(HUB_PREFIX):
        return fetch(name.removeprefix(HUB_PREFIX), MODEL_FILE)
    if name in pretrained:
        path = weights / f"{name}.h5"
        if not path.is_file():
            raise UserError(
                f"the weights {name} are not installed: {path} is missing"
            )
        return path
    path = Path(name_or_path)
    if path.is_dir():
        if not (path / MODEL_FILE).is_file():
            raise UnknownModel(f"the folder {path} holds no {MODEL_FILE}")
        return path / MODEL_FILE
    if not path.exists():
        close = difflib.get_close_matches(name, pretrained, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UnknownModel(
            f"there is no model {name}; {hint}give the path of an .h5 file or "
            f"one of {', '.join(pretrained)}"
        )
    return path


def holds_network(checked: CheckedFile) -> bool:
    """Returns whether a file holds a whole model, not only weights."""
    return "model_config" in checked.file.attrs


def load_network(checked: CheckedFile) -> keras.Model:
    """Loads the network of a file, not compiled.

    Raises:
        UserError: If the file holds none, or one that names more than the
            allowlist, or Keras cannot build it, or a weight is not finite.
    """
    path, text = checked.path, checked.text("model_config")
    if text is None:
        raise UserError(f"{path} holds no Keras model")
    try:
        check_model_config(text)
    except UnsafeConfigError as error:
        raise UserError(
            f"{path} is refused: {printable(error)}; see SECURITY.md"
        ) from error
    try:
        network = _build(checked.file)
    # An untrusted file can fail in any way while Keras builds it.
    except Exception as error:
        reason = printable(error)
        raise UserError(f"Keras cannot load {path}: {reason}") from error
    if not all(np.isfinite(w).all() for w in network.get_weights()):
        raise UserError(f"the weights of {path} are not finite")
    return _unwrap_single_tensors(network)


def _unwrap_single_tensors(network: keras.Model) -> keras.Model:
    """Replaces a list of one input or one output by the tensor in it.

    The files have lists for old versions of Keras; new versions warn when a
    network that has one is called with an array.
    """
    if isinstance(network, keras.Sequential):
        return network
    ends = [
        end[0] if isinstance(end, list) and len(end) == 1 else end
        for end in (network.input, network.output)
    ]
    model = keras.Model(*ends, name=network.name)
    # Keras exports only models that were called.
    model(model.input)
    return model


def _build(file: h5py.File) -> keras.Model:
    """Builds a network without memory for weights that the file does not hold.

    In a stateless scope a weight has a shape and no value. Keras compares all
    shapes with the arrays of the file, which then become the values.
    """
    scope = keras.StatelessScope(initialize_variables=False)
    try:
        with scope:
            network = load_model_from_hdf5(file, compile=False, safe_mode=True)
        unsaved = sum(math.prod(v.shape) for v in uninitialized_variables())
        if unsaved - network.count_params() > MAX_UNSAVED:
            raise ValueError("it has weights that are not in the file")
        initialize_all_variables()
    finally:
        # After a failure they would be initialized with the next network.
        clear_uninitialized_variables()
    for weight in network.weights:
        weight.assign(scope.get_current_value(weight))
    return network
