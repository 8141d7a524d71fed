"""The `.h5` a training leaves behind: built-in layers, and where it came from.

The file is for using a model: `keras.models.load_model(path)` reads it in a
process that has never heard of this project.
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
from keras.src.legacy.saving.legacy_h5_format import save_model_to_hdf5

from gancore import __version__
from gancore.config_fields import flat_dict
from gancore.errors import RuntimeFailure, UserError, printable
from gancore.io.atomic import atomic_write
from gancore.io.strict_json import parse
from gancore.saving.h5_architecture import NotPortable, portable_config
from gancore.saving.h5_weights import write_model
from gancore.saving.portable import to_portable
from gancore.saving.safe_h5 import CheckedFile, open_checked
from gancore.training.precision import full_precision

logger = logging.getLogger(__name__)

METADATA = "provenance"
_RECORDS = ("config", "data", "scores")
# A vocabulary of a million words.
_MOST_TEXT = 2**24


def build_metadata(
    package: str,
    config: Any,
    data: dict[str, Any],
    logs: dict[str, float],
    **facts: Any,
) -> dict[str, Any]:
    """Collects what a saved network has to say of itself.

    Args:
        package: `textgan` or `srgan`.
        config: The run's configuration dataclass.
        data: What it was trained and validated on.
        logs: Metrics of the epoch after which it is saved; JSON knows no
            infinity, so an infinite one is kept as `None`.
        **facts: What using the network takes, such as its scale.

    Returns:
        JSON-serialisable facts for `export_h5`.
    """
    settings = flat_dict(config)
    # Where it was stopped and who watched it tell nothing of the network.
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


def save_h5(
    network: keras.Model, path: Path, provenance: dict[str, Any]
) -> None:
    """Saves a network as a plain, uncompiled model that every Keras loads.

    A subclass of `keras.Model` would be written under its own class name,
    which Keras elsewhere does not know. So the graph is saved, not the
    subclass, and the project's facts go into the file's root attributes,
    which Keras ignores. A network with layers that Keras 2.15 lacks, or with
    models inside it, is written as the installed Keras does, and said to be.

    Args:
        network: A Functional model of built-in layers, or a subclass of one;
            what its method `plain_graph` returns, if it has one, is saved.
        path: File to write; an old one survives if writing fails.
        provenance: What `describe` gives.

    Raises:
        FailedWork: If a weight is not a finite number or the file cannot be
            written.
    """
    if not all(np.isfinite(w).all() for w in network.get_weights()):
        raise RuntimeFailure(
            f"{path} was not written: the network's weights are not finite "
            "numbers any more; try a lower --learning_rate"
        )
    network = to_portable(network)
    if hasattr(network, "plain_graph"):
        with full_precision():
            plain = network.plain_graph()
    else:
        plain = keras.Model(network.input, network.output, name=network.name)
    # HDF5 leaves a broken file and loud errors behind when a disk fills up, so
    # the file is made in memory and written in one go.
    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        try:
            write_model(file, plain, portable_config(plain))
        except NotPortable as error:
            logger.warning(
                f"{path} is written as Keras {keras.__version__} does, which "
                f"older versions may not load: {error}"
            )
            # Only this inner function of Keras takes an open file.
            save_model_to_hdf5(plain, file, include_optimizer=False)
        file.attrs[METADATA] = json.dumps(provenance, allow_nan=False)
        file.flush()
        image = file.id.get_file_image()
    with atomic_write(path) as partial:
        partial.write_bytes(image)


def read_metadata(path: Path) -> dict[str, Any]:
    """Reads what `export_h5` wrote beside the weights.

    Raises:
        UserError: If the file is not an `.h5` of this project.
    """
    with open_checked(path) as checked:
        provenance = get_metadata(checked)
    if not provenance:
        raise UserError(f"{path} is not an .h5 written by this project")
    return provenance


def get_metadata(checked: CheckedFile) -> dict[str, Any]:
    """Gives what `export_h5` wrote beside the weights, or nothing.

    Raises:
        UserError: If it is damaged.
    """
    text = checked.text(METADATA) or "{}"
    try:
        if len(text) > _MOST_TEXT:
            raise ValueError("it is too long")
        found = parse(text)
        if not isinstance(found, dict):
            raise ValueError("it is no record")
        for name in _RECORDS:
            if not isinstance(found.get(name, {}), dict):
                raise ValueError(f"its {name} is no record")
    except ValueError as error:
        raise UserError(
            f"what {checked.path} says of itself is damaged: {printable(error)}"
        ) from error
    return found
