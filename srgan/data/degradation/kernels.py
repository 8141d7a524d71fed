"""Blur kernels.

Each is a float32 tensor of shape `(size, size)` that sums to 1 and is
symmetric under a rotation by 180 degrees. All arguments may be scalar tensors.

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
    """Computes a Gaussian or a generalized Gaussian kernel.

    Args:
        size: Height and width, in pixels, odd.
        sigmas: Standard deviations along the two axes, in pixels, above 0.
        angle: From the horizontal to the first axis, clockwise, in radians.
        shape: 1 for a Gaussian; below, the peak is sharper and the tails are
            longer; above, the top is flatter and the sides are steeper.

    Returns:
        Tensor of shape `(size, size)`.
    """
    distance = _squared_distance(size, sigmas, angle)
    return _normalized(tf.exp(-0.5 * distance**shape))


def plateau_kernel(
    size: Any, sigmas: tuple[Any, Any], angle: Any = 0.0, shape: Any = 1.0
) -> tf.Tensor:
    """Computes a kernel with a flat top and slowly falling sides.

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
    return _normalized(1.0 / (1.0 + distance**shape))


def sinc_kernel(size: Any, cutoff: Any) -> tf.Tensor:
    """Computes a low-pass filter with a sharp circular cutoff, which rings.

    Args:
        size: Height and width, in pixels, odd.
        cutoff: Highest frequency it keeps, in radians per pixel, up to pi.

    Returns:
        Tensor of shape `(size, size)`.
    """
    y, x = _offsets(size)
    # At the center the formula is 0 / 0; this close, it equals its limit.
    radius = tf.maximum(tf.sqrt(tf.square(x) + tf.square(y)), 1e-3)
    return _normalized(tf.math.special.bessel_j1(cutoff * radius) / radius)


def _offsets(size: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns vertical and horizontal offsets from the center, in pixels."""
    line = tf.range(size, dtype=tf.float32)
    line -= (tf.cast(size, tf.float32) - 1.0) / 2.0
    return line[:, None], line[None, :]


def _squared_distance(
    size: Any, sigmas: tuple[Any, Any], angle: Any
) -> tf.Tensor:
    """Computes the squared distance from the center, in standard deviations."""
    y, x = _offsets(size)
    along = tf.cos(angle) * x + tf.sin(angle) * y
    across = tf.cos(angle) * y - tf.sin(angle) * x
    # Not `**`: a graph rewrites it as a square, which rounds differently.
    return tf.square(along / sigmas[0]) + tf.square(across / sigmas[1])


def _normalized(kernel: tf.Tensor) -> tf.Tensor:
    return kernel / tf.reduce_sum(kernel)
