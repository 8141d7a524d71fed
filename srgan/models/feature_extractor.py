"""Features of images, from VGG19, a network in a file, or the discriminator."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras.applications import imagenet_utils

from gancore.errors import UserError
from gancore.saving.model_loading import load_network
from gancore.saving.safe_h5 import open_checked
from gancore.training.precision import full_precision

ops = keras.ops

VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
# As keras.applications names them: `caffe` is BGR minus the mean color (VGG),
# `torch` and `tf` scale to about -1..1, `none` leaves 0..255.
PREPROCESSING = ("caffe", "torch", "tf", "none")


class FeatureExtractor:
    """Computes features of images in 0..255, the outputs of some layers.

    Pixels are preprocessed here as the network expects them. The network runs
    in inference mode, and only the images receive a gradient.

    Args:
        network: Functional Keras model with an image as its input.
        layers: Names of the layers whose outputs are the features.
        preprocessing: One of `PREPROCESSING`, what the network expects.
        pre_activation: Use convolutions before their activation
            (Wang et al. 2018, ESRGAN, section 3.3).
        factor: Multiplies the features; 1 / 12.75 for VGG19 in Ledig et al.
            2017, section 2.2.1.
        fixed: Whether the network does not change, so that distances of
            different epochs can be compared.

    Call arguments:
        images: Shape `(batch, height, width, 3)`, RGB, 0..255.

    Returns:
        List of a tensor for each layer, `(batch, height', width', channels)`.

    Raises:
        UserError: If the network has no such layer or takes images of a fixed
            size only, or if a layer's output is no feature map.
    """

    def __init__(
        self,
        network: keras.Model,
        layers: Sequence[str],
        preprocessing: str = "caffe",
        pre_activation: bool = False,
        factor: float = 1.0,
        fixed: bool = True,
    ) -> None:
        if preprocessing not in PREPROCESSING:
            raise ValueError(
                f"preprocessing is {preprocessing}, not one of {PREPROCESSING}"
            )
        known = [layer.name for layer in network.layers]
        for name in layers:
            if name not in known:
                raise UserError(
                    f"{network.name} has no layer {name!r}; it has "
                    + ", ".join(known)
                )
        _check_input(network)
        outputs = [
            _output(network.get_layer(name), pre_activation) for name in layers
        ]
        for name, output in zip(layers, outputs, strict=True):
            if len(output.shape) != 4:
                raise UserError(
                    f"the output of layer {name!r} of {network.name} is no "
                    f"feature map but {tuple(output.shape)}; choose a layer "
                    "before pooling and dense layers"
                )
        self.layers = tuple(layers)
        self.network = keras.Model(network.input, outputs)
        self._with_output = keras.Model(
            network.input, [*outputs, network.output]
        )
        self.preprocessing = preprocessing
        self.factor = factor
        self.fixed = fixed

    def __call__(self, images: Any) -> list[Any]:
        features = self.network(self._preprocess(images), training=False)
        return self._scale(features if len(self.layers) > 1 else [features])

    def with_output(self, images: Any) -> tuple[list[Any], Any]:
        """Computes the features and the network's output in one pass."""
        *features, output = self._with_output(
            self._preprocess(images), training=False
        )
        return self._scale(features), output

    def _preprocess(self, images: Any) -> Any:
        images = ops.convert_to_tensor(images, "float32")
        if self.preprocessing == "none":
            return images
        return imagenet_utils.preprocess_input(
            images, data_format="channels_last", mode=self.preprocessing
        )

    def _scale(self, features: Sequence[Any]) -> list[Any]:
        return [ops.cast(f, "float32") * self.factor for f in features]


def build_feature_extractor(
    source: str,
    layers: Sequence[str],
    discriminator: keras.Model,
    *,
    preprocessing: str = "caffe",
    pre_activation: bool = False,
    factor: float = 1.0,
) -> FeatureExtractor:
    """Builds the feature extractor of a configuration.

    Args:
        source: `discriminator`, or as for `load_feature_network`.
        layers: Names of layers; if empty, the discriminator's `FEATURES`,
            `block5_conv4` of VGG19, or the last convolution of a file before
            each max-pooling, as in Zhang et al. 2018 (LPIPS) for VGG.
        discriminator: A `Discriminator` or `UNetDiscriminator`, whose
            features change during training.
        preprocessing: As for `FeatureExtractor`; the discriminator takes
            0..255.
        pre_activation: As for `FeatureExtractor`; not for the discriminator.
        factor: As for `FeatureExtractor`.

    Raises:
        UserError: If the network or the layers are not available.
    """
    if source == "discriminator":
        # Its activations are layers of their own.
        network, preprocessing, pre_activation = discriminator, "none", False
        layers = layers or discriminator.FEATURES
    else:
        network = load_feature_network(source)
        if not layers and source == "vgg19":
            layers = ("block5_conv4",)
        layers = layers or last_convolutions(network)
    return FeatureExtractor(
        network,
        layers,
        preprocessing,
        pre_activation,
        factor,
        fixed=source != "discriminator",
    )


def discriminator_features(discriminator: keras.Model) -> FeatureExtractor:
    """Builds the default feature extractor of a perceptual loss.

    Args:
        discriminator: Model with the attribute `FEATURES`, names of layers.

    Raises:
        ValueError: If it has none.
    """
    if not getattr(discriminator, "FEATURES", ()):
        raise ValueError(
            "the objective has a perceptual loss, but the GAN no features and "
            f"{discriminator.name} no attribute FEATURES; expected "
            "GAN(..., features=FeatureExtractor(...)) or perceptual_weight=0"
        )
    return build_feature_extractor("discriminator", (), discriminator)


def load_feature_network(source: str) -> keras.Model:
    """Loads a network whose features are compared.

    Args:
        source: `vgg19`, which Keras downloads once, or the path of an `.h5`
            of a Functional Keras model.

    Raises:
        UserError: If it is not available.
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
    """Lists the last convolution before each max-pooling and before the end.

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
            f"{folder}, or use --features discriminator, which needs none "
            f"({str(error).splitlines()[0]})"
        ) from error
    network.trainable = False
    return network


def _check_input(network: keras.Model) -> None:
    shapes = [tuple(image.shape) for image in network.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] != 3:
        raise UserError(f"the input of {network.name} is {shapes}, no image")
    if shapes[0][1:3] != (None, None):
        raise UserError(
            f"{network.name} takes images of {shapes[0][1:3]} pixels only; "
            "save it with an input of shape (None, None, 3)"
        )


def _output(layer: Any, pre_activation: bool) -> Any:
    """Returns a layer's output, without its built-in activation if asked."""
    if not pre_activation:
        return layer.output
    if type(layer) is not keras.layers.Conv2D or (
        layer.activation is keras.activations.linear
    ):
        raise UserError(
            f"layer {layer.name!r} is no convolution with an activation, so "
            "--pre_activation has no effect on it"
        )
    changes = {"activation": "linear", "name": f"{layer.name}_linear"}
    copy = keras.layers.Conv2D.from_config({**layer.get_config(), **changes})
    output = copy(layer.input)
    copy.set_weights(layer.get_weights())
    copy.trainable = False
    return output
