"""The private functions of Keras that files and the trainer take.

Keras has no public function that reads or writes an open HDF5 file, which is
how a file stays in memory, nor one that defers the values of weights until
their shapes were compared with the file. Its callbacks ask only metrics of its
own class `MetricsList` for their direction. This is the only module of the
package that imports `keras.src`; `tests/test_keras_private.py` names each
symbol, so that a release that moves one fails there.
"""

from __future__ import annotations

from typing import Any

import keras

from gancore.errors import RuntimeFailure

try:
    from keras.src.backend.common import global_state
    from keras.src.backend.common.variables import initialize_all_variables
    from keras.src.legacy.saving.legacy_h5_format import (
        load_model_from_hdf5,
        save_model_to_hdf5,
    )
    from keras.src.trainers.compile_utils import MetricsList
except ImportError as error:
    raise RuntimeFailure(
        f"Keras {keras.__version__} lacks a function that .h5 files take "
        f"({error}); install the version that setup.cfg names"
    ) from error

__all__ = [
    "MetricsList",
    "clear_uninitialized_variables",
    "initialize_all_variables",
    "load_model_from_hdf5",
    "save_model_to_hdf5",
    "uninitialized_variables",
]

# Where Keras keeps the variables that a stateless scope left without a value.
_UNINITIALIZED = "uninitialized_variables"


def uninitialized_variables() -> list[Any]:
    """Returns the variables that have a shape and no value yet."""
    found: list[Any] = global_state.get_global_attribute(_UNINITIALIZED, [])
    return found


def clear_uninitialized_variables() -> None:
    """Drops them, so that they are not initialized with the next network."""
    global_state.set_global_attribute(_UNINITIALIZED, [])
