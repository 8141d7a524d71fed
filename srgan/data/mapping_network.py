"""The mapping network: real images to low resolution, and back to size.

Which bicubic makes the low-resolution images matters more than the network
that upscales them, and the field's images were made by MATLAB's `imresize`.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from srgan.data.bicubic import resize, resize_smoothly
from srgan.data.degradation.pipeline import degrade


class MappingNetwork(keras.layers.Layer):
    """Maps images between high and low resolution.

    By default as MATLAB does: cubic convolution (Keys 1981, a = -0.5) with the
    kernel widened when shrinking, symmetric borders, and 8-bit rounding after
    each pass, rows first. Byte-exact with the low-resolution files of Set5 and
    DIV2K. In blind mode, for real photographs, it also blurs them, adds noise
    and compresses them at random, see `srgan.data.degradation`. It has no
    weights and works eagerly and in a `tf.data` graph.

    Args:
        scale: Ratio of the two resolutions, an integer from 2.
        blind: Degrade at random as well.

    Call arguments:
        images: uint8 tensor of shape `(height, width, channels)`, 0..255; if
            not blind, also `(batch, height, width, channels)`.
        seed: int32 tensor of shape `(2,)` which decides what is random; only
            in blind mode.

    Returns:
        uint8 tensor of low resolution; sizes are divided by the scale and
        rounded up.

    Examples:
        >>> mapping = MappingNetwork(4)
        >>> photo = tf.zeros((32, 50, 3), tf.uint8)
        >>> low = mapping(photo)
        >>> tuple(low.shape), low.dtype.name
        ((8, 13, 3), 'uint8')

    Reference:
        - Keys, Cubic convolution interpolation for digital image processing,
          IEEE Transactions on Acoustics, Speech, and Signal Processing, 1981
    """

    def __init__(self, scale: int, blind: bool = False, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        if scale < 2:
            raise ValueError(f"scale is {scale}, not 2 or more")
        self.scale = scale
        self.blind = blind

    def call(self, images: Any, seed: Any = None) -> tf.Tensor:
        if self.blind:
            low = degrade(images, self.scale, seed)
            return tf.cast(low, tf.uint8)
        return resize(resize(images, 1 / self.scale, -3), 1 / self.scale, -2)

    def upscale(self, images: Any) -> tf.Tensor:
        """Maps low-resolution images to the output's size, bicubically.

        Args:
            images: uint8 tensor, as for a call.

        Returns:
            uint8 tensor of `scale` times the size.
        """
        return resize(resize(images, self.scale, -3), self.scale, -2)

    def project(self, images: Any) -> tf.Tensor:
        """Maps images to low resolution without rounding, for a gradient.

        Args:
            images: float tensor, shapes as for a call.

        Returns:
            float32 tensor of low resolution, 0..255 up to overshoot.
        """
        images = tf.cast(images, tf.float32)
        for axis in (-3, -2):
            images = resize_smoothly(images, 1 / self.scale, axis)
        return images

    def get_config(self) -> dict[str, Any]:
        config = {"scale": self.scale, "blind": self.blind}
        return {**super().get_config(), **config}
