"""Reads legacy SRResNet weights, which hold no architecture.

Keras 2's `save_weights` wrote layer names and weights only. The architecture
is inferred from these: an SRResNet with batch normalization (Ledig et al.
2017, figure 4) that divides its input by 255 and ends in a tanh, as in
https://github.com/krasserm/super-resolution. It is rebuilt from built-in
layers, with linear operations folded into the preceding convolution.
"""

from __future__ import annotations

import dataclasses
from math import isqrt
from typing import Any

import h5py
import keras
import numpy as np

from gancore.errors import UserError, printable
from gancore.saving.safe_h5 import H5_ERRORS, CheckedFile
from srgan.models.generator import sub_pixel_kernel

# Keras' default; it is not stored in the files.
_NORM_EPSILON = 1e-3

_CONVOLUTION = ("kernel", "bias")
_PRELU = ("alpha",)
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_NAMES = {
    _CONVOLUTION: "a convolution with bias",
    _PRELU: "a PReLU",
    _NORM: "a batch normalization",
}


def is_legacy(checked: CheckedFile) -> bool:
    """Checks whether a file holds Keras 2 weights without architecture."""
    attributes = checked.file.attrs
    return "layer_names" in attributes and "model_config" not in attributes


def read_legacy(checked: CheckedFile) -> keras.Model:
    """Rebuilds the network of a legacy weights file.

    The numbers of blocks, filters and upsampling stages are read from the file.

    Args:
        checked: File for which `is_legacy` is true.

    Returns:
        Functional model of built-in layers that maps RGB images of shape
        `(batch, height, width, 3)` to upscaled ones, both in 0..255.

    Raises:
        UserError: If the file cannot be read or holds no SRResNet.
    """
    file = _LayerReader(checked)
    low = keras.Input((None, None, 3), name="low")
    x = keras.layers.Rescaling(1 / 255, name="to_unit")(low)
    x = file.convolution(x, "head")
    x = start = file.prelu(x, "head_prelu")
    block = 0
    while True:
        y = file.normalized_convolution(x, f"block{block:02d}_conv1")
        if not file.next_is(_PRELU):
            break
        y = file.prelu(y, f"block{block:02d}_prelu")
        y = file.normalized_convolution(y, f"block{block:02d}_conv2")
        x = keras.layers.Add(name=f"block{block:02d}_add")([x, y])
        block += 1
    x = keras.layers.Add(name="long_skip")([y, start])
    stage = 0
    while file.next_is(_CONVOLUTION, _PRELU):
        x = file.sub_pixel_convolution(x, f"up{stage}")
        x = file.prelu(x, f"up{stage}_prelu")
        stage += 1
    x = file.convolution(x, "tail", activation="tanh")
    file.end()
    high = keras.layers.Rescaling(127.5, 127.5, name="high")(x)
    return keras.Model(low, high, name="generator")


@dataclasses.dataclass(frozen=True)
class _Layer:
    name: str
    weights: dict[str, np.ndarray]

    @property
    def kind(self) -> tuple[str, ...]:
        return tuple(self.weights)


class _LayerReader:
    """Applies the layers of a file in the order of the network."""

    def __init__(self, checked: CheckedFile) -> None:
        self.path = checked.path
        self.last = "the start"
        try:
            self.remaining = _read_layers(checked.file)
        except H5_ERRORS as error:
            raise UserError(
                f"{self.path} is no legacy weights file: {printable(error)}"
            ) from error

    def next_is(self, *kinds: tuple[str, ...]) -> bool:
        return [layer.kind for layer in self.remaining[: len(kinds)]] == [
            *kinds
        ]

    def end(self) -> None:
        if self.remaining:
            raise self._error(f"{self.remaining[0].name} follows {self.last}")

    def convolution(self, x: Any, name: str, **keywords: Any) -> Any:
        return self._convolve(x, name, *self._take(_CONVOLUTION), **keywords)

    def normalized_convolution(self, x: Any, name: str) -> Any:
        """Applies a convolution with its batch normalization folded in."""
        kernel, bias = self._take(_CONVOLUTION)
        gamma, beta, mean, variance = self._take(_NORM)
        factor = gamma / np.sqrt(variance + _NORM_EPSILON)
        return self._convolve(
            x, name, kernel * factor, (bias - mean) * factor + beta
        )

    def prelu(self, x: Any, name: str) -> Any:
        layer = keras.layers.PReLU(shared_axes=[1, 2], name=name)
        return self._apply(layer, self._take(_PRELU), x)

    def sub_pixel_convolution(self, x: Any, name: str) -> Any:
        """Applies a convolution and pixel shuffle as a transposed convolution.

        Each sub-pixel has a bias of its own, but a transposed convolution has
        one for all. So a channel of ones is added, whose weights are the
        biases.
        """
        kernel, bias = self._take(_CONVOLUTION)
        filters = self.remaining[0].weights["alpha"].size
        ratio = isqrt(bias.size // filters)
        if kernel.shape[:2] != (3, 3) or ratio**2 * filters != bias.size:
            raise self._error(
                f"{self.last} is no 3x3 convolution to {filters} times a "
                "square number of filters"
            )
        bias_kernel = np.zeros((3, 3, 1, bias.size))
        bias_kernel[1, 1, 0] = bias
        weights = np.concatenate([kernel, bias_kernel], axis=2)
        weights = weights.reshape(3, 3, -1, ratio**2, filters)
        ones = keras.layers.Conv2D(
            1,
            1,
            kernel_initializer="zeros",
            bias_initializer="ones",
            trainable=False,
            name=f"{name}_ones",
        )(x)
        layer = keras.layers.Conv2DTranspose(
            filters,
            3 * ratio,
            strides=ratio,
            padding="same",
            use_bias=False,
            name=name,
        )
        with_ones = keras.layers.Concatenate(name=f"{name}_input")([x, ones])
        return self._apply(layer, [sub_pixel_kernel(weights, ratio)], with_ones)

    def _take(self, kind: tuple[str, ...]) -> list[np.ndarray]:
        if not self.next_is(kind):
            found = self.remaining[0].name if self.remaining else "the end"
            raise self._error(
                f"{_NAMES[kind]} is missing between {self.last} and {found}"
            )
        layer = self.remaining.pop(0)
        self.last = layer.name
        return list(layer.weights.values())

    def _convolve(
        self,
        x: Any,
        name: str,
        kernel: np.ndarray,
        bias: np.ndarray,
        **keywords: Any,
    ) -> Any:
        layer = keras.layers.Conv2D(
            bias.size, kernel.shape[:2], padding="same", name=name, **keywords
        )
        return self._apply(layer, [kernel, bias], x)

    def _apply(
        self, layer: keras.Layer, weights: list[np.ndarray], x: Any
    ) -> Any:
        y = layer(x)
        try:
            layer.set_weights(weights)
        except ValueError as error:
            raise self._error(
                f"{self.last} does not fit the layer before it"
            ) from error
        return y

    def _error(self, what: str) -> UserError:
        return UserError(f"{self.path} holds no SRResNet: {what}")


def _read_layers(file: h5py.File) -> list[_Layer]:
    """Reads the layers that have weights, in the order of the file."""
    layers = []
    for name in map(_text, file.attrs["layer_names"]):
        group = file[name]
        weights = {
            # The last part of "conv2d_1/kernel:0".
            _text(path).split("/")[-1].split(":")[0]: np.asarray(group[path])
            for path in group.attrs["weight_names"]
        }
        if weights:
            layers.append(_Layer(name, weights))
    return layers


def _text(name: bytes | str) -> str:
    """Decodes an attribute that h5py returns as bytes or as a string."""
    return name.decode() if isinstance(name, bytes) else name
