"""Bicubic resizing along one axis, as MATLAB's `imresize` does it."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf


def cubic(distance: Any) -> tf.Tensor:
    """Computes Keys' cubic kernel, a = -0.5, at a distance from its center."""
    d = tf.abs(distance)
    near = 1.5 * d**3 - 2.5 * d**2 + 1.0
    far = -0.5 * d**3 + 2.5 * d**2 - 4.0 * d + 2.0
    return tf.where(d <= 1.0, near, tf.where(d < 2.0, far, 0.0))


def resize(images: Any, factor: float, axis: int) -> tf.Tensor:
    """Resizes along one axis and rounds to uint8, as `imresize` does."""
    result = resize_float(tf.cast(images, tf.float64), factor, axis)
    # MATLAB rounds halves away from zero; negative values are clipped anyway.
    rounded = tf.math.floor(result + 0.5)
    return tf.cast(tf.clip_by_value(rounded, 0.0, 255.0), tf.uint8)


def resize_float(images: tf.Tensor, factor: float, axis: int) -> tf.Tensor:
    """Resizes along one axis without rounding.

    Args:
        images: float tensor of any shape.
        factor: New length / old length; the new length is rounded up.
        axis: Counted from the end, so negative.

    Returns:
        Tensor of the images' type.
    """
    length = tf.shape(images)[axis]
    out_length = tf.cast(
        tf.math.ceil(tf.cast(length, tf.float64) * factor), tf.int32
    )
    # The kernel is widened for downscaling, against aliasing.
    stretch = min(factor, 1.0)
    taps = int(np.ceil(4.0 / stretch)) + 2
    # Centers of the output pixels on the input's axis, both from 1.
    center = tf.range(1, out_length + 1, dtype=tf.float64) / factor
    center += 0.5 * (1.0 - 1.0 / factor)
    first = tf.math.floor(center - 2.0 / stretch)
    weights, positions = [], []
    for tap in range(taps):
        position = first + tap
        weights.append(cubic(stretch * (center - position)))
        mirrored = tf.cast(position - 1.0, tf.int32) % (2 * length)
        positions.append(tf.minimum(mirrored, 2 * length - 1 - mirrored))
    total = tf.add_n(weights)
    shape = [-1] + [1] * (-axis - 1)
    return tf.add_n(
        [
            tf.cast(tf.reshape(weight / total, shape), images.dtype)
            * tf.gather(images, position, axis=axis)
            for weight, position in zip(weights, positions, strict=True)
        ]
    )
