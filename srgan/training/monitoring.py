"""Statistics of upscaled images by which a collapse is detected."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from srgan.models.gan import GAN

# Metric -> the least value without a warning, and what it means to be below.
MIN_DETAIL_RATIO = {
    "detail": (0.2, "upscaled images lose all detail"),
    "contrast": (0.2, "upscaled images become uniformly grey"),
}


def detail_ratio(
    gan: GAN, pairs: tf.data.Dataset
) -> Callable[[], dict[str, float]]:
    """Returns a function that measures the detail of upscaled images.

    Args:
        gan: Its EMA generator upscales.
        pairs: Batches of LR and HR images, 0..255; the first one is used.

    Returns:
        A function without arguments that returns `contrast`, the standard
        deviation of the SR pixels divided by that of the HR pixels, and
        `detail`, the same ratio for differences of neighbouring pixels.
    """
    lr, hr = next(iter(pairs))

    def measure() -> dict[str, float]:
        upscaled = gan.upscale(gan.ema_generator, lr, training=False)
        return {
            "contrast": _std_ratio(upscaled, hr),
            "detail": _std_ratio(_differences(upscaled), _differences(hr)),
        }

    return measure


def _std_ratio(upscaled: tf.Tensor, hr: tf.Tensor) -> float:
    return float(tf.math.reduce_std(upscaled) / tf.math.reduce_std(hr))


def _differences(images: tf.Tensor) -> tf.Tensor:
    return images[:, :, 1:] - images[:, :, :-1]
