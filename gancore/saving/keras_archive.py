"""Reads an untrusted `.keras` file as the `.h5` of the same network.

A `.keras` file is a zip archive of a config and of an HDF5 file of weights.
Both are checked as those of an `.h5` are, see `safe_h5`, before Keras builds
the network. Written as an `.h5` image, it then takes the way of every other.

Reference:
    - [Keras, whole model saving](https://keras.io/api/models/model_saving_apis/model_saving_and_loading/)
"""

from __future__ import annotations

import io
import json
import math
import tempfile
import zipfile
import zlib
from typing import Any

import h5py
import keras

from gancore.io.strict_json import parse
from gancore.saving.config_allowlist import MAX_BYTES as MAX_CONFIG_BYTES
from gancore.saving.config_allowlist import check_model_config
from gancore.saving.h5_inspection import check_structure
from gancore.saving.keras_private import (
    clear_uninitialized_variables,
    initialize_all_variables,
    save_model_to_hdf5,
    uninitialized_variables,
)

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
# How the network was compiled and built, which a loaded network needs not.
_NOT_THE_NETWORK = ("compile_config", "build_config")
# Most values that a network has and does not save, such as Dropout's seeds.
MAX_UNSAVED = 2**16
# What `zipfile` raises on damaged archives.
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
    KeyError,
)  # fmt: skip


def to_h5_image(archive: bytes, max_bytes: int) -> bytes:
    """Converts a `.keras` file to an `.h5` file, both in memory.

    Args:
        archive: Bytes of the `.keras` file.
        max_bytes: Most bytes that its weights may have.

    Returns:
        Bytes of an `.h5` file with the network, not compiled.

    Raises:
        UnsafeConfigError: If the config names more than the allowlist.
        UnsafeFileError: If the weights hold more than arrays.
        ValueError: If a part is missing, damaged or too large, or the weights
            do not fit the network.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as source:
            text = _read(source, _CONFIG, MAX_CONFIG_BYTES).decode()
            weights = _read(source, _WEIGHTS, max_bytes)
    except ZIP_ERRORS as error:
        raise ValueError(f"its archive is damaged: {error}") from error
    config = parse(text)
    if isinstance(config, dict):
        for name in _NOT_THE_NETWORK:
            config.pop(name, None)
    check_model_config(json.dumps(config))
    network = _build(config, _count_values(weights))
    # Keras reads weights of this format from a path only.
    with tempfile.NamedTemporaryFile(suffix=f"-{_WEIGHTS}") as copy:
        copy.write(weights)
        copy.flush()
        network.load_weights(copy.name)
    with h5py.File("h5", "w", driver="core", backing_store=False) as file:
        save_model_to_hdf5(network, file, include_optimizer=False)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def _read(source: zipfile.ZipFile, name: str, most: int) -> bytes:
    size = source.getinfo(name).file_size
    if size > most:
        raise ValueError(f"its {name} has {size} bytes, more than {most}")
    return source.read(name)


def _count_values(weights: bytes) -> int:
    """Counts the values of all arrays, after a check of the structure."""
    total = 0

    def count(_: str, item: Any) -> None:
        nonlocal total
        if isinstance(item, h5py.Dataset):
            total += item.size

    with h5py.File(h5py.h5f.open_file_image(weights)) as file:
        check_structure(file, weights)
        file.visititems(count)
    return total


def _build(config: dict[str, Any], values: int) -> keras.Model:
    """Builds a network that has at most as many weights as the file holds."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            network = keras.saving.deserialize_keras_object(
                config, safe_mode=True
            )
        sizes = sum(math.prod(v.shape) for v in uninitialized_variables())
        if sizes > values + MAX_UNSAVED:
            raise ValueError("it has weights that are not in the file")
        initialize_all_variables()
    finally:
        # After a failure they would be initialized with the next network.
        clear_uninitialized_variables()
    return network
