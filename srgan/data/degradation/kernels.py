"""Kernels of the blurs that photographs go through.

Each is a float32 tensor of shape `(size, size)` that sums to 1 and is the
same when turned by half a turn. All arguments may be scalar tensors.

Reference:
    - [Wang et al. 2021](https://arxiv.org/abs/2107.10833), Real-ESRGAN,
      sections 3.1 and 3.3
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def gaussian_kernel(
    size: Any, sigmas: tuple[Any, Any], angle: Any = 0.0, shape: Any = 1.0
) -> tf.Tensor:
    """Makes a Gaussian kernel, or a generalised one.

    Args:
        size: Height and width, in pixels, odd.
        sigmas: Standard deviations along the two axes, in pixels, above 0.
        angle: From the horizontal to the first axis, clockwise, in radians.
        shape: 1 for a Gaussian; less gives a sharper peak and longer tails,
            more a flatter top and steeper sides.

    Returns:
        Tensor of shape `(size, size)`.
    """
    distance = _squared_distance(size, sigmas, angle)
    return _normalised(tf.exp(-0.5 * distance**shape))


def plateau_kernel(
    size: Any, sigmas: tuple[Any, Any], angle: Any = 0.0, shape: Any = 1.0
) -> tf.Tensor:
    """Makes a kernel with a flat top and slowly falling sides.

    Args:
        size: Height and width, in pixels, odd.
        sigmas: Distances along the two axes at which it falls to a half, in
            pixels, above 0.
        angle: From the horizontal to the first axis, clockwise, in radians.
        shape: The larger, the flatter the top.

    Returns:
        Tensor of shape `(size, size)`.
    """
    distance = _squared_distance(size, sigmas, angle)
    return _normalised(1.0 / (1.0 + distance**shape))


def sinc_kernel(size: Any, cutoff: Any) -> tf.Tensor:
    """Makes a low-pass filter with a sharp circular edge, which rings.

    Args:
        size: Height and width, in pixels, odd.
        cutoff: Highest frequency that passes, in radians per pixel, up to pi.

    Returns:
        Tensor of shape `(size, size)`.
    """
    y, x = _offsets(size)
    # At the centre the formula is 0 / 0; this near, it is at its limit.
    radius = tf.maximum(tf.sqrt(tf.square(x) + tf.square(y)), 1e-3)
    return _normalised(tf.math.special.bessel_j1(cutoff * radius) / radius)


def _offsets(size: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives the rows' and columns' distances from the centre, in pixels."""
    line = tf.range(size, dtype=tf.float32)
    line -= (tf.cast(size, tf.float32) - 1.0) / 2.0
    return line[:, None], line[None, :]


def _squared_distance(
    size: Any, sigmas: tuple[Any, Any], angle: Any
) -> tf.Tensor:
    """Gives the squared distance from the centre, in standard deviations."""
    y, x = _offsets(size)
    along = tf.cos(angle) * x + tf.sin(angle) * y
    across = tf.cos(angle) * y - tf.sin(angle) * x
    # Not `**`: a graph makes a square of it, which rounds another way.
    return tf.square(along / sigmas[0]) + tf.square(across / sigmas[1])


def _normalised(kernel: tf.Tensor) -> tf.Tensor:
    return kernel / tf.reduce_sum(kernel)
