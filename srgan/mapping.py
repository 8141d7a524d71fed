"""The mapping network: real images to low resolution, and back to size.

Which bicubic makes the low-resolution images matters more than the network
that enlarges them, and the field's images were made by MATLAB's `imresize`.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


class MappingNetwork(keras.layers.Layer):
    """Maps images between high and low resolution as MATLAB does.

    Cubic convolution (Keys 1981, a = -0.5) with the kernel widened when
    shrinking, symmetric borders, and 8-bit rounding after each pass, rows
    first. Byte-exact with the low-resolution files of Set5 and DIV2K. It has
    no weights and works eagerly and in a `tf.data` graph.

    Args:
        scale: Ratio of the two resolutions, an integer from 2.

    Call arguments:
        images: uint8 tensor of shape `(height, width, channels)` or
            `(batch, height, width, channels)`, 0..255.

    Returns:
        uint8 tensor of low resolution; sizes are divided by the scale and
        rounded up.

    Reference:
        - Keys, Cubic convolution interpolation for digital image processing,
          IEEE Transactions on Acoustics, Speech, and Signal Processing, 1981
    """

    def __init__(self, scale: int, **kwargs: Any) -> None:
        super().__init__(trainable=False, **kwargs)
        if scale < 2:
            raise ValueError(f"scale is {scale}, not 2 or more")
        self.scale = scale

    def call(self, images: Any) -> tf.Tensor:
        return _resize(_resize(images, 1 / self.scale, -3), 1 / self.scale, -2)

    def enlarge(self, images: Any) -> tf.Tensor:
        """Maps low-resolution images to the output's size, bicubically.

        Args:
            images: uint8 tensor, as for a call.

        Returns:
            uint8 tensor of `scale` times the size.
        """
        return _resize(_resize(images, self.scale, -3), self.scale, -2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


def cubic(distance: Any) -> tf.Tensor:
    """Keys' cubic kernel, a = -0.5, at a distance from its centre."""
    d = tf.abs(distance)
    near = 1.5 * d**3 - 2.5 * d**2 + 1.0
    far = -0.5 * d**3 + 2.5 * d**2 - 4.0 * d + 2.0
    return tf.where(d <= 1.0, near, tf.where(d < 2.0, far, 0.0))


def _resize(images: Any, factor: float, axis: int) -> tf.Tensor:
    """Resizes one axis, counted from the end, as `imresize` does."""
    images = tf.convert_to_tensor(images)
    length = tf.shape(images)[axis]
    out_length = tf.cast(
        tf.math.ceil(tf.cast(length, tf.float64) * factor), tf.int32
    )
    widening = min(factor, 1.0)
    taps = int(np.ceil(4.0 / widening)) + 2
    # Centres of the output pixels on the input's axis, both from 1.
    centre = tf.range(1, out_length + 1, dtype=tf.float64) / factor
    centre += 0.5 * (1.0 - 1.0 / factor)
    first = tf.math.floor(centre - 2.0 / widening)
    weights, positions = [], []
    for tap in range(taps):
        position = first + tap
        weights.append(cubic(widening * (centre - position)))
        mirrored = tf.cast(position - 1.0, tf.int32) % (2 * length)
        positions.append(tf.minimum(mirrored, 2 * length - 1 - mirrored))
    total = tf.add_n(weights)
    shape = [-1] + [1] * (-axis - 1)
    result = tf.add_n(
        [
            tf.reshape(weight / total, shape)
            * tf.cast(tf.gather(images, position, axis=axis), tf.float64)
            for weight, position in zip(weights, positions, strict=True)
        ]
    )
    # MATLAB rounds halves away from zero; what is negative is clipped anyway.
    rounded = tf.math.floor(result + 0.5)
    return tf.cast(tf.clip_by_value(rounded, 0.0, 255.0), tf.uint8)


def bicubic_layers(images: Any, scale: int) -> Any:
    """Enlarges bicubically with built-in layers only; the generator's skip.

    Two frozen transposed convolutions hold Keys' kernel. At the borders they
    miss the taps that fall outside, so a correction divides by the share of
    the kernel that is inside, as `tf.image.resize` does. That share depends
    only on how near the border is, which a third pair of frozen layers reads
    off an image of ones. Unlike `UpSampling2D`, whose bicubic kernel differs
    between backends, this gives the same numbers under all of them.

    Args:
        images: Symbolic tensor of shape `(batch, height, width, channels)`,
            height and width possibly unknown, but at least 3 pixels each.
        scale: Integer from 2.

    Returns:
        Symbolic tensor of `scale` times the size.
    """
    channels = images.shape[-1]
    size = 4 * scale - scale % 2
    offset = np.arange(size) - (size - scale) // 2 - (scale - 1) / 2
    enlarged = _frozen_passes(
        images, np.asarray(cubic(offset / scale)), scale, channels, "bicubic"
    )
    ones = keras.layers.Conv2D(
        1,
        1,
        kernel_initializer="zeros",
        bias_initializer="ones",
        trainable=False,
        name="bicubic_ones",
    )(images)
    correction = _frozen_passes(
        ones, _border_correction(scale), scale, 1, "bicubic_border"
    )
    return keras.layers.Multiply(name="bicubic")([enlarged, correction])


def _frozen_passes(
    images: Any, taps: np.ndarray, scale: int, channels: int, name: str
) -> Any:
    """Applies the same taps along rows, then along columns."""
    for suffix, size, strides in (
        ("rows", (len(taps), 1), (scale, 1)),
        ("columns", (1, len(taps)), (1, scale)),
    ):
        layer = keras.layers.Conv2DTranspose(
            channels,
            size,
            strides=strides,
            padding="same",
            use_bias=False,
            trainable=False,
            name=f"{name}_{suffix}",
        )
        images = layer(images)
        kernel = taps.reshape(*size, 1, 1) * np.eye(channels)
        layer.set_weights([kernel.astype("float32")])
    return images


def _border_correction(scale: int) -> np.ndarray:
    """Taps that turn ones into 1 / (share of the cubic kernel inside).

    Near a border the neighbours at offsets -1 and -2 (or 1 and 2) are
    missing in a fixed order, so any function of what is missing is linear in
    the indicators of what is there.
    """
    phase = (np.arange(scale) + 0.5) / scale - 0.5
    share = {o: np.asarray(cubic(phase - o)) for o in (-2, -1, 1, 2)}
    taps = np.zeros((5, scale))
    for sign in (-1, 1):
        second = 1 / (1 - share[2 * sign])
        both = 1 / (1 - share[2 * sign] - share[sign])
        taps[2 - 2 * sign] = 1 - second
        taps[2 - sign] = second - both
    taps[2] = 1 - taps.sum(axis=0)
    return taps.ravel()
