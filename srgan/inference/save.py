"""Saves an SR model as an `.h5` that `load` and every Keras read."""

from __future__ import annotations

import os

import keras

from gancore.base_gan import BaseGAN
from gancore.saving.save import save_model
from srgan.inference.load import scale_of


def save(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Saves an SR model as an `.h5` file.

    The file holds built-in layers only, so that `keras.models.load_model`
    reads it in any version of Keras, without this package.

    Args:
        model: A `Generator`, any other SR model, or a `GAN`, of which the EMA
            generator is saved.
        path: File to write, which ends in `.h5`. An existing one is replaced.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If the file name does not end in `.h5`.
        UserError: If the model does not upscale, a weight is not finite, or
            the file cannot be written.
    """
    network = model.ema_generator if isinstance(model, BaseGAN) else model
    facts = {}
    if isinstance(network, keras.Model):
        facts["scale"] = scale_of(network)
    save_model(network, path, "srgan", **facts)
