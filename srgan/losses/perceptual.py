"""What a network sees in a image: features for a loss and for a distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras.applications import imagenet_utils

from gancore.errors import UserError
from srgan.models.feature_extractor import last_convolutions, load_features

ops = keras.ops

# How keras.applications' networks expect pixels: `caffe` is BGR less the mean
# colour (VGG), `torch` and `tf` scale to about -1..1, `none` leaves 0..255.
RANGES = ("caffe", "torch", "tf", "none")


class FeatureExtractor:
    """Takes images in 0..255 to features of some layers of a network.

    The one place where the range of pixels meets the range a network expects.
    The network is frozen for its caller: it is run as in inference, and only
    the images receive a gradient.

    Args:
        network: Functional Keras model with a image as its input.
        layers: Names of the layers whose outputs are the features.
        pixel_range: One of `RANGES`, what the network expects.
        pre_activation: Take convolutions before their activation
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
        UserError: If the network has no such layer, the layer no positions, or
            the network a fixed size of image.
    """

    def __init__(
        self,
        network: keras.Model,
        layers: Sequence[str],
        pixel_range: str = "caffe",
        pre_activation: bool = False,
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
        _check_image(network)
        outputs = [
            _output(network.get_layer(name), pre_activation) for name in layers
        ]
        for name, output in zip(layers, outputs, strict=True):
            if len(output.shape) != 4:
                raise UserError(
                    f"layer {name!r} of {network.name} gives no map of "
                    f"features but {tuple(output.shape)}; choose one before "
                    "pooling and dense layers"
                )
        self.layers = tuple(layers)
        self.network = keras.Model(network.input, outputs)
        self._whole = keras.Model(network.input, [*outputs, network.output])
        self.pixel_range = pixel_range
        self.factor = factor
        self.fixed = fixed

    def __call__(self, images: Any) -> list[Any]:
        features = self.network(self._prepare(images), training=False)
        return self._scaled(features if len(self.layers) > 1 else [features])

    def with_output(self, images: Any) -> tuple[list[Any], Any]:
        """Gives the features and the network's own output, from one run."""
        *features, output = self._whole(self._prepare(images), training=False)
        return self._scaled(features), output

    def _prepare(self, images: Any) -> Any:
        images = ops.convert_to_tensor(images, "float32")
        if self.pixel_range == "none":
            return images
        return imagenet_utils.preprocess_input(
            images, data_format="channels_last", mode=self.pixel_range
        )

    def _scaled(self, features: Sequence[Any]) -> list[Any]:
        return [ops.cast(f, "float32") * self.factor for f in features]


def perceptual_distance(
    extractor: FeatureExtractor, high: Any, original: Any
) -> dict[str, Any]:
    """Measures how different two images look to a network.

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
    pre_activation: bool = False,
    factor: float = 1.0,
) -> FeatureExtractor:
    """Makes the extractor a user asked for.

    Args:
        source: `discriminator`, or as for `load_features`.
        layers: Names of layers; if there are none, the discriminator's own
            choice, `block5_conv4` of VGG19, or the last convolution of a file
            before each max-pooling, as Zhang et al. 2018 (LPIPS) take of VGG.
        discriminator: A `Discriminator` or `UNetDiscriminator`, whose
            features change as it learns.
        pixel_range: As for `FeatureExtractor`, but for the discriminator,
            which takes 0..255.
        pre_activation: As for `FeatureExtractor`, but for the
            discriminator.
        factor: As for `FeatureExtractor`.

    Raises:
        UserError: If the network or the layers are not to be had.
    """
    if source == "discriminator":
        # Its activations are layers of their own, to be named or not.
        network, pixel_range, pre_activation = discriminator, "none", False
        layers = layers or discriminator.FEATURES
    else:
        network = load_features(source)
        if not layers and source == "vgg19":
            layers = ("block5_conv4",)
        layers = layers or last_convolutions(network)
    return FeatureExtractor(
        network,
        layers,
        pixel_range,
        pre_activation,
        factor,
        fixed=source != "discriminator",
    )


def _check_image(network: keras.Model) -> None:
    shapes = [tuple(image.shape) for image in network.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] != 3:
        raise UserError(f"{network.name} takes {shapes}, not a image")
    if shapes[0][1:3] != (None, None):
        raise UserError(
            f"{network.name} takes images of {shapes[0][1:3]} pixels only; "
            "save it with an input of shape (None, None, 3)"
        )


def _output(layer: Any, pre_activation: bool) -> Any:
    """Gives a layer's output, without the activation built into it."""
    if not pre_activation:
        return layer.output
    if type(layer) is not keras.layers.Conv2D or (
        layer.activation is keras.activations.linear
    ):
        raise UserError(
            f"layer {layer.name!r} is no convolution with an activation, so "
            "there is nothing before one (--pre_activation)"
        )
    changes = {"activation": "linear", "name": f"{layer.name}_linear"}
    twin = keras.layers.Conv2D.from_config({**layer.get_config(), **changes})
    output = twin(layer.input)
    twin.set_weights(layer.get_weights())
    twin.trainable = False
    return output
