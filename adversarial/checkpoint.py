"""The `.h5` a training leaves behind: built-in layers, and where it came from.

The file is for using a model: `keras.models.load_model(path)` reads it in a
process that has never heard of this project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import absl.logging
import h5py
import keras

from adversarial.files import whole_file
from adversarial.messages import UserError

PROVENANCE = "provenance"


def export_h5(
    network: keras.Model, path: Path, provenance: dict[str, Any]
) -> None:
    """Saves a network as a plain, uncompiled Keras model.

    A subclass of `keras.Model` would be written under its own class name,
    which a stranger's Keras does not know. So the graph is saved, not the
    subclass, and the project's facts go into the file's root attributes,
    which Keras ignores.

    Args:
        network: A Functional model of built-in layers, or a subclass of one.
        path: File to write; an old one survives if writing fails.
        provenance: JSON-serialisable facts: package, version, config, data.

    Raises:
        UserError: If the file cannot be written.
    """
    plain = keras.Model(network.inputs, network.outputs, name=network.name)
    with whole_file(path) as partial, _quiet_absl():
        try:
            plain.save(partial)
            with h5py.File(partial, "r+") as file:
                file.attrs[PROVENANCE] = json.dumps(provenance)
        except (OSError, RuntimeError) as error:
            # h5py wraps a full disk in either, with the cause in the text.
            raise UserError(f"could not write {path}: {error}") from error


def read_provenance(path: Path) -> dict[str, Any]:
    """Reads what `export_h5` wrote beside the weights.

    Raises:
        UserError: If the file is not an `.h5` of this project.
    """
    try:
        with h5py.File(path, "r") as file:
            return json.loads(file.attrs[PROVENANCE])
    except (OSError, KeyError, ValueError) as error:
        raise UserError(
            f"{path} is not an .h5 written by this project: {error}"
        ) from error


@contextmanager
def _quiet_absl() -> Iterator[None]:
    """Mutes Keras' advice to save as `.keras`; `.h5` is what is promised."""
    verbosity = absl.logging.get_verbosity()
    absl.logging.set_verbosity(absl.logging.ERROR)
    try:
        yield
    finally:
        absl.logging.set_verbosity(verbosity)
