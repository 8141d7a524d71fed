"""Saves networks as `.h5` files with metadata, and reads the metadata.

The files hold built-in layers only: `keras.models.load_model(path)` reads them
in a process that does not have this project installed.
"""

from __future__ import annotations

import json
import logging
from math import isfinite
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from gancore import __version__
from gancore.config_fields import flat_dict
from gancore.errors import RuntimeFailure, UserError, printable
from gancore.io.atomic import atomic_write
from gancore.io.strict_json import parse
from gancore.saving.h5_architecture import NotPortableError, portable_config
from gancore.saving.h5_weights import write_model
from gancore.saving.keras_private import save_model_to_hdf5
from gancore.saving.safe_h5 import CheckedFile, open_checked
from gancore.training.precision import full_precision

logger = logging.getLogger(__name__)

# Root attribute of the file that holds the metadata.
METADATA = "provenance"
_DICTIONARIES = ("config", "data", "scores")
# A vocabulary of a million words.
_MAX_LENGTH = 2**24


def build_metadata(
    package: str,
    config: Any,
    data: dict[str, Any],
    logs: dict[str, float],
    **facts: Any,
) -> dict[str, Any]:
    """Builds the metadata of a saved network.

    Args:
        package: `textgan` or `srgan`.
        config: The run's configuration dataclass.
        data: Training and validation data: name and sizes.
        logs: Metrics of the epoch after which the network is saved. JSON has
            no infinity, so an infinite one becomes `None`.
        **facts: What inference needs, such as the scale.

    Returns:
        JSON-serializable metadata for `save_h5`.
    """
    settings = flat_dict(config)
    # Options that do not affect the network.
    for name in ("resume", "tensorboard", "loggers"):
        settings.pop(name, None)
    return {
        "package": package,
        "version": __version__,
        "config": settings,
        "data": data,
        "scores": {
            name: float(value) if isfinite(value) else None
            for name, value in logs.items()
        },
        **facts,
    }


def save_h5(network: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    """Saves a network as a plain, uncompiled model that every Keras loads.

    A subclass of `keras.Model` would be written under its own class name,
    which other programs do not have. So the graph is saved, not the subclass,
    and the metadata go into a root attribute of the file, which Keras ignores.
    A network with layers that Keras 2.15 lacks, or with nested models, is
    written as the installed Keras does, with a message.

    Args:
        network: A Functional model of built-in layers, or a subclass of one.
            If it has a method `plain_graph`, the result of that is saved.
        path: File to write. An existing one is kept if writing fails.
        metadata: Result of `build_metadata`.

    Raises:
        RuntimeFailure: If a weight is not finite or the file cannot be
            written.
    """
    if not all(np.isfinite(w).all() for w in network.get_weights()):
        raise RuntimeFailure(
            f"{path} was not written: the network has weights that are not "
            "finite; try a lower --learning_rate"
        )
    network = to_portable(network)
    name = getattr(network, "name_in_files", network.name)
    if hasattr(network, "plain_graph"):
        with full_precision():
            plain = network.plain_graph()
    else:
        plain = keras.Model(network.input, network.output, name=name)
    # HDF5 leaves a broken file and prints errors when a disk fills up, so the
    # file is built in memory and written at once.
    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        try:
            write_model(file, plain, portable_config(plain))
        except NotPortableError as error:
            logger.warning(
                f"{path} is written in the format of Keras "
                f"{keras.__version__}, which older versions may not load: "
                f"{error}"
            )
            save_model_to_hdf5(plain, file, include_optimizer=False)
        file.attrs[METADATA] = json.dumps(metadata, allow_nan=False)
        file.flush()
        image = file.id.get_file_image()
    with atomic_write(path) as partial:
        partial.write_bytes(image)


def to_portable(network: keras.Model) -> keras.Model:
    """Returns a network with the same weights in float32, for one device.

    Args:
        network: One that can be rebuilt from its `get_config`. It is returned
            as it is if it computes in float32 and does not synchronize
            statistics across replicas.
    """
    synchronized = any(
        getattr(layer, "synchronized", False) for layer in network.layers
    )
    if network.compute_dtype == "float32" and not synchronized:
        return network
    with full_precision():
        copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def read_metadata(path: Path) -> dict[str, Any]:
    """Reads the metadata that `save_h5` wrote.

    Raises:
        UserError: If the file is not an `.h5` of this project.
    """
    with open_checked(path) as checked:
        metadata = get_metadata(checked)
    if not metadata:
        raise UserError(f"{path} is not an .h5 written by this project")
    return metadata


def get_metadata(checked: CheckedFile) -> dict[str, Any]:
    """Returns the metadata that `save_h5` wrote, empty if there are none.

    Raises:
        UserError: If they are damaged.
    """
    text = checked.text(METADATA) or "{}"
    try:
        if len(text) > _MAX_LENGTH:
            raise ValueError("it is too long")
        found = parse(text)
        if not isinstance(found, dict):
            raise ValueError("it is not a JSON object")
        for name in _DICTIONARIES:
            if not isinstance(found.get(name, {}), dict):
                raise ValueError(f"its {name} is not a JSON object")
    except ValueError as error:
        raise UserError(
            f"the metadata of {checked.path} is damaged: {printable(error)}"
        ) from error
    return found
