"""Reads weight files of older SRResNets, which hold no architecture.

Keras 2's `save_weights` wrote layer names and weights and nothing else. The
network is told from these: an SRResNet with batch normalisation (Ledig et al.
2017, figure 4) that divides its input by 255 and ends in a tanh, as in
https://github.com/krasserm/super-resolution. It is rebuilt from built-in
layers, and linear steps after a convolution are folded into it.
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

# Keras' default; the files do not record it.
_NORM_EPSILON = 1e-3

_CONVOLUTION = ("kernel", "bias")
_PRELU = ("alpha",)
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_NAMES = {
    _CONVOLUTION: "a convolution with bias",
    _PRELU: "a PReLU",
    _NORM: "a batch normalisation",
}


def is_legacy(checked: CheckedFile) -> bool:
    """Tells whether a file has Keras 2 weights and no architecture."""
    attributes = checked.file.attrs
    return "layer_names" in attributes and "model_config" not in attributes


def read_legacy(checked: CheckedFile) -> keras.Model:
    """Rebuilds the network behind a legacy weights file.

    The numbers of blocks, filters and up-sampling stages are the file's own.

    Args:
        checked: File of which `is_legacy` is true.

    Returns:
        Functional model of built-in layers that takes and gives RGB images,
        shape `(batch, height, width, 3)`, 0..255.

    Raises:
        UserError: If the file cannot be read or is not of an SRResNet.
    """
    file = _LayersInOrder(checked)
    low = keras.Input((None, None, 3), name="low")
    x = keras.layers.Rescaling(1 / 255, name="to_unit")(low)
    x = file.convolution(x, "head")
    x = start = file.prelu(x, "head_prelu")
    block = 0
    while True:
        y = file.normalised_convolution(x, f"block{block:02d}_conv1")
        if not file.next_is(_PRELU):
            break
        y = file.prelu(y, f"block{block:02d}_prelu")
        y = file.normalised_convolution(y, f"block{block:02d}_conv2")
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


class _LayersInOrder:
    """A file's layers, each applied and used up in the network's order."""

    def __init__(self, checked: CheckedFile) -> None:
        self.path = checked.path
        self.last = "the start"
        try:
            self.left = _read_layers(checked.file)
        except H5_ERRORS as error:
            raise UserError(
                f"{self.path} is no legacy weights file: {printable(error)}"
            ) from error

    def next_is(self, *kinds: tuple[str, ...]) -> bool:
        return [layer.kind for layer in self.left[: len(kinds)]] == [*kinds]

    def end(self) -> None:
        if self.left:
            raise self._wrong(f"{self.left[0].name} follows {self.last}")

    def convolution(self, x: Any, name: str, **keywords: Any) -> Any:
        return self._convolve(x, name, *self._take(_CONVOLUTION), **keywords)

    def normalised_convolution(self, x: Any, name: str) -> Any:
        """Applies a convolution with its batch normalisation folded in."""
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
        """Applies a convolution and a sub-pixel shuffle as a deconvolution.

        The sub-pixels have biases of their own, and a deconvolution has one
        for all. So a channel of ones is added, whose weights are the biases.
        """
        kernel, bias = self._take(_CONVOLUTION)
        filters = self.left[0].weights["alpha"].size
        ratio = isqrt(bias.size // filters)
        if kernel.shape[:2] != (3, 3) or ratio**2 * filters != bias.size:
            raise self._wrong(
                f"{self.last} is no 3x3 convolution to {filters} times a "
                "square number of filters"
            )
        of_ones = np.zeros((3, 3, 1, bias.size))
        of_ones[1, 1, 0] = bias
        weights = np.concatenate([kernel, of_ones], axis=2)
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
            found = self.left[0].name if self.left else "the end"
            raise self._wrong(
                f"{_NAMES[kind]} is missing between {self.last} and {found}"
            )
        layer = self.left.pop(0)
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
            raise self._wrong(
                f"{self.last} does not fit the layer before it"
            ) from error
        return y

    def _wrong(self, what: str) -> UserError:
        return UserError(f"{self.path} is not of an SRResNet: {what}")


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
    """Gives an attribute as text, whichever version of h5py wrote it."""
    return name.decode() if isinstance(name, bytes) else name
