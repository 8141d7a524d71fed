"""Networks that were trained to see, from Keras or from a file."""

from __future__ import annotations

import os
from pathlib import Path

import keras

from gancore.errors import UserError
from gancore.saving.model_loading import load_network
from gancore.saving.safe_h5 import open_checked
from gancore.training.precision import full_precision

VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


def load_features(source: str) -> keras.Model:
    """Loads a network to see with.

    Args:
        source: `vgg19`, which Keras downloads once, or the path of an `.h5`
            of a Functional Keras model.

    Raises:
        UserError: If it cannot be had; the message says what to put where.
    """
    if source == "vgg19":
        return _vgg19()
    path = Path(source)
    if not path.is_file():
        raise UserError(f"there is no file {path} of a feature network")
    with open_checked(path) as checked:
        network = load_network(checked)
    network.trainable = False
    return network


def last_convolutions(network: keras.Model) -> list[str]:
    """Names the last convolution before each max-pooling and before the end.

    Raises:
        UserError: If there is no convolution.
    """
    names: list[str] = []
    last = None
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            last = layer.name
        elif isinstance(layer, keras.layers.MaxPooling2D) and last:
            names.append(last)
            last = None
    names += [last] if last else []
    if not names:
        raise UserError(f"{network.name} has no convolution; name the layers")
    return names


def _vgg19() -> keras.Model:
    try:
        with full_precision():
            network = keras.applications.VGG19(include_top=False)
    except Exception as error:  # Keras raises a bare Exception.
        home = os.environ.get("KERAS_HOME", Path.home() / ".keras")
        folder = Path(home) / "models"
        raise UserError(
            f"the weights of VGG19 are not here and cannot be downloaded; put "
            f"{VGG19_FILE} (80 MB, MD5 253f8cb515780f3b799900260a226db6) into "
            f"{folder}, or take --features discriminator, which needs none "
            f"({str(error).splitlines()[0]})"
        ) from error
    network.trainable = False
    return network
