"""Writes the `.h5` layout of Keras 2, which every later Keras reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import h5py
import keras

# The last Keras with this layout; later ones read weights according to it.
_VERSION = b"2.15.0"
_BACKEND = b"tensorflow"


def write_model(
    file: h5py.File, network: keras.Model, architecture: dict[str, Any]
) -> None:
    """Writes a network, not compiled, into an empty file.

    Args:
        file: Open for writing.
        network: Functional model.
        architecture: Its `gancore.saving.h5_architecture.portable_config`.
    """
    weights = file.create_group("model_weights")
    for owner in (file, weights):
        owner.attrs["keras_version"] = _VERSION
        owner.attrs["backend"] = _BACKEND
    file.attrs["model_config"] = json.dumps(architecture).encode()
    weights.attrs["layer_names"] = _encode([la.name for la in network.layers])
    for layer in network.layers:
        _write_layer(weights.create_group(layer.name), layer)
    weights.create_group("top_level_model_weights").attrs["weight_names"] = (
        _encode([])
    )


def is_portable(file: h5py.File) -> bool:
    """Returns whether an `.h5` has a network in this layout."""
    version = file.attrs.get("keras_version")
    return "model_config" in file.attrs and version in (
        _VERSION,
        _VERSION.decode(),
    )


def _write_layer(group: h5py.Group, layer: keras.Layer) -> None:
    # The order in which Keras 2 reads them.
    variables = layer.trainable_weights + layer.non_trainable_weights
    names = [f"{variable.path}:0" for variable in variables]
    group.attrs["weight_names"] = _encode(names)
    for name, variable in zip(names, variables, strict=True):
        group[name] = keras.ops.convert_to_numpy(variable)


def _encode(names: Sequence[str]) -> list[bytes]:
    return [name.encode() for name in names]
