"""Saves a network in the `.h5` form that every Keras loads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras

from gancore import __version__
from gancore.base_gan import BaseGAN
from gancore.saving.model_io import save_h5


def save_model(
    model: keras.Model | BaseGAN,
    path: str | os.PathLike[str],
    package: str,
    **facts: Any,
) -> None:
    """Saves a network with what inference needs of it.

    Args:
        model: A network, or a GAN, of which the EMA generator is saved.
        path: File to write, which ends in `.h5`. An existing one is replaced.
        package: `textgan` or `srgan`.
        **facts: What inference needs, such as the scale.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If the file name does not end in `.h5`.
        RuntimeFailure: If a weight is not finite or the file cannot be
            written.
    """
    if isinstance(model, BaseGAN):
        model = model.ema_generator
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"model is a {type(model).__name__}; expected a Keras model"
        )
    file = Path(path)
    if file.suffix != ".h5":
        raise ValueError(
            f"{file} does not end in .h5, the format that every Keras loads"
        )
    metadata = {"package": package, "version": __version__, **facts}
    save_h5(model, file, metadata)
