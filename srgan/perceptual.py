"""What a network sees in a picture: features for a loss and for a distance."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras.applications import imagenet_utils

from adversarial.messages import UserError

ops = keras.ops

# How keras.applications' networks expect pixels: `caffe` is BGR less the mean
# colour (VGG), `torch` and `tf` scale to about -1..1, `none` leaves 0..255.
RANGES = ("caffe", "torch", "tf", "none")
VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


class FeatureExtractor:
    """Takes pictures in 0..255 to features of some layers of a network.

    The one place where the range of pixels meets the range a network expects.
    The network is frozen for its caller: it is run as in inference, and only
    the pictures receive a gradient.

    Args:
        network: Functional Keras model with a picture as its input.
        layers: Names of the layers whose outputs are the features.
        pixel_range: One of `RANGES`, what the network expects.
        before_activation: Take convolutions before their activation
            (Wang et al. 2018, ESRGAN, section 3.3).
        factor: Multiplies the features; Ledig et al. 2017, section 2.2.1, take
            VGG's by 1 / 12.75.
        fixed: Whether the network stays as it is, so that distances of
            different epochs can be compared.

    Call arguments:
        images: Shape `(batch, height, width, 3)`, RGB, 0..255.

    Returns:
        List of a tensor for each layer, `(batch, height', width', channels)`.

    Raises:
        UserError: If the network has no such layer.
    """

    def __init__(
        self,
        network: keras.Model,
        layers: Sequence[str],
        pixel_range: str = "caffe",
        before_activation: bool = False,
        factor: float = 1.0,
        fixed: bool = True,
    ) -> None:
        if pixel_range not in RANGES:
            raise ValueError(f"pixel_range is {pixel_range}, not in {RANGES}")
        known = [layer.name for layer in network.layers]
        for name in layers:
            if name not in known:
                raise UserError(
                    f"{network.name} has no layer {name!r}; it has "
                    + ", ".join(known)
                )
        outputs = [
            _output(network.get_layer(name), before_activation)
            for name in layers
        ]
        self.layers = tuple(layers)
        self.network = keras.Model(network.input, outputs)
        self.pixel_range = pixel_range
        self.factor = factor
        self.fixed = fixed

    def __call__(self, images: Any) -> list[Any]:
        images = ops.convert_to_tensor(images, "float32")
        if self.pixel_range != "none":
            images = imagenet_utils.preprocess_input(
                images, data_format="channels_last", mode=self.pixel_range
            )
        features = self.network(images, training=False)
        features = features if isinstance(features, list) else [features]
        return [ops.cast(f, "float32") * self.factor for f in features]


def perceptual_distance(
    extractor: FeatureExtractor, high: Any, original: Any
) -> dict[str, Any]:
    """Measures how different two pictures look to a network.

    The features of each position are scaled to unit length, as in Zhang et
    al. 2018 (LPIPS), section 3.2, but no layer or channel is weighted by what
    people said.

    Args:
        extractor: Gives the features.
        high: Shape `(batch, height, width, 3)`, 0..255.
        original: The same shape and range.

    Returns:
        The distance of each layer by its name, shape `(batch,)`: the mean over
        positions of the squared difference, 0..4.

    Reference:
        - [Zhang et al. 2018](https://arxiv.org/abs/1801.03924)
    """
    distances = {}
    pairs = zip(
        extractor.layers, extractor(high), extractor(original), strict=True
    )
    for name, first, second in pairs:
        gap = ops.square(ops.normalize(first) - ops.normalize(second))
        distances[name] = ops.mean(ops.sum(gap, axis=-1), axis=(1, 2))
    return distances


def make_extractor(
    source: str,
    layers: Sequence[str],
    discriminator: keras.Model,
    *,
    pixel_range: str = "caffe",
    before_activation: bool = False,
    factor: float = 1.0,
) -> FeatureExtractor:
    """Makes the extractor a user asked for.

    Args:
        source: `discriminator`, or as for `load_features`.
        layers: Names of layers; if there are none, the discriminator's own
            choice, `block5_conv4` of VGG19, or the last layer of a file.
        discriminator: A `Discriminator` or `UNetDiscriminator`, whose
            features change as it learns.
        pixel_range: As for `FeatureExtractor`, but for the discriminator,
            which takes 0..255.
        before_activation: As for `FeatureExtractor`.
        factor: As for `FeatureExtractor`.

    Raises:
        UserError: If the network or the layers are not to be had.
    """
    if source == "discriminator":
        network, pixel_range = discriminator, "none"
        layers = layers or discriminator.FEATURES
    else:
        network = load_features(source)
        last = "block5_conv4" if source == "vgg19" else network.layers[-1].name
        layers = layers or (last,)
    return FeatureExtractor(
        network,
        layers,
        pixel_range,
        before_activation,
        factor,
        fixed=source != "discriminator",
    )


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
    try:
        network = keras.models.load_model(path, compile=False)
    except (OSError, TypeError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} is not a whole Keras model: {error}"
        ) from error
    network.trainable = False
    return network


def _vgg19() -> keras.Model:
    try:
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


def _output(layer: Any, before_activation: bool) -> Any:
    """Gives a layer's output, without the activation built into it."""
    rectified = isinstance(layer, keras.layers.Conv2D) and (
        layer.activation is not keras.activations.linear
    )
    if not before_activation or not rectified:
        return layer.output
    changes = {"activation": "linear", "name": f"{layer.name}_linear"}
    twin = keras.layers.Conv2D.from_config({**layer.get_config(), **changes})
    output = twin(layer.input)
    twin.set_weights(layer.get_weights())
    twin.trainable = False
    return output
