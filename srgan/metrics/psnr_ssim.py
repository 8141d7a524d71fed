"""PSNR and SSIM of an SR image against the HR image, on the Y channel."""

from __future__ import annotations

import tensorflow as tf


def luma(images: tf.Tensor) -> tf.Tensor:
    """Computes the Y channel of 8-bit RGB, as MATLAB's `rgb2ycbcr` does.

    Args:
        images: Shape `(..., 3)`, or `(..., 1)` for gray, 0..255; rounded and
            clipped to 8 bits first, as in a saved file.

    Returns:
        float32 tensor of shape `(..., 1)`, 16..235, not rounded. Gray images
        are returned in 0..255, as in published tables.
    """
    levels = tf.round(tf.clip_by_value(tf.cast(images, tf.float32), 0.0, 255.0))
    if levels.shape[-1] == 1:
        return levels
    weights = tf.constant([65.481, 128.553, 24.966]) / 255.0
    return 16.0 + tf.reduce_sum(levels * weights, axis=-1, keepdims=True)


def inner_luma(images: tf.Tensor, border: int) -> tf.Tensor:
    """Computes the Y channel of a batch without a border on each side."""
    inner = slice(border, -border or None)
    return luma(images)[:, inner, inner]


def psnr(sr: tf.Tensor, hr: tf.Tensor, border: int) -> tf.Tensor:
    """Computes the peak signal-to-noise ratio on Y, without a border.

    The protocol of Ledig et al. 2017, section 3.1, and of most tables since.

    Args:
        sr: SR images, shape `(batch, height, width, 3)`, or 1 channel for
            gray, 0..255.
        hr: HR images, of the same shape and range.
        border: Pixels left out on each side; usually the scale.

    Returns:
        Decibels, shape `(batch,)`, at most 100, so that one exact image does
        not make the mean of a set infinite.

    Examples:
        >>> hr = tf.fill((1, 16, 16, 1), 100.0)
        >>> round(float(psnr(hr + 1.0, hr, border=2)[0]), 2)
        48.13
    """
    decibels = tf.image.psnr(
        inner_luma(sr, border), inner_luma(hr, border), 255.0
    )
    return tf.minimum(decibels, 100.0)


def ssim(sr: tf.Tensor, hr: tf.Tensor, border: int) -> tf.Tensor:
    """Computes the structural similarity on Y, without a border.

    A Gaussian window of 11 x 11 pixels, whole windows only, on Y of the
    8-bit image without further rounding.

    Args:
        sr: SR images, shape `(batch, height, width, 3)`, or 1 channel for
            gray, 0..255; at least 11 pixels high and wide without the
            border.
        hr: HR images, of the same shape and range.
        border: Pixels left out on each side; usually the scale.

    Returns:
        float32 tensor of shape `(batch,)`, 1 for equal images.

    Reference:
        - Wang et al. 2004, Image quality assessment: from error visibility to
          structural similarity, IEEE Transactions on Image Processing
    """
    return tf.image.ssim(inner_luma(sr, border), inner_luma(hr, border), 255.0)
