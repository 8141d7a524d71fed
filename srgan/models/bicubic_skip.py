"""Bicubic upscaling with built-in Keras layers only."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from srgan.data.bicubic import cubic


def bicubic_skip(images: Any, scale: int) -> Any:
    """Upscales bicubically with built-in layers only; the generator's skip.

    Two frozen transposed convolutions hold Keys' kernel. At the borders they
    lack the taps that fall outside, so a correction divides by the share of
    the kernel that is inside, as `tf.image.resize` does. That share depends
    only on the distance to the border, which further frozen layers compute
    from an image of ones. Unlike `UpSampling2D`, whose bicubic kernel differs
    between backends, the results are the same with all of them. The layers
    always compute in float32: gray levels need more than 8 bits of precision.

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
    upscaled = _frozen_passes(
        images, np.asarray(cubic(offset / scale)), scale, channels, "bicubic"
    )
    ones = keras.layers.Conv2D(
        1,
        1,
        kernel_initializer="zeros",
        bias_initializer="ones",
        trainable=False,
        dtype="float32",
        name="bicubic_ones",
    )(images)
    correction = _frozen_passes(
        ones, _border_correction(scale), scale, 1, "bicubic_border"
    )
    product = keras.layers.Multiply(dtype="float32", name="bicubic")
    return product([upscaled, correction])


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
            dtype="float32",
            name=f"{name}_{suffix}",
        )
        images = layer(images)
        kernel = taps.reshape(*size, 1, 1) * np.eye(channels)
        layer.set_weights([kernel.astype("float32")])
    return images


def _border_correction(scale: int) -> np.ndarray:
    """Computes taps that map ones to 1 / (share of the kernel inside).

    Near a border the neighbors at offsets -1 and -2 (or 1 and 2) are missing
    in a fixed order, so any function of the missing ones is linear in the
    indicators of the others.
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
