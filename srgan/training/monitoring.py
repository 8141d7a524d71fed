"""How much detail a generator makes, as a training watches it."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from srgan.models.gan import GAN

MIN_DETAIL_RATIO = {
    "detail": (0.2, "upscaled images lose all detail"),
    "contrast": (0.2, "upscaled images grow alike and grey"),
}


def detail_ratio(
    gan: GAN, pairs: tf.data.Dataset
) -> Callable[[], dict[str, float]]:
    """Gives what measures the first batch of some images.

    Args:
        gan: Whose averaged generator upscales.
        pairs: Batches of low- and high-resolution images, 0..255.

    Returns:
        A function that gives `contrast`, the standard deviation of
        upscaled images over that of the originals, and `detail`, that of the
        differences of neighbouring pixels.
    """
    low, original = next(iter(pairs))

    def measure() -> dict[str, float]:
        upscaled = gan.upscale(gan.ema_generator, low, training=False)
        return {
            "contrast": _ratio(upscaled, original),
            "detail": _ratio(_differences(upscaled), _differences(original)),
        }

    return measure


def _ratio(ours: tf.Tensor, theirs: tf.Tensor) -> float:
    return float(tf.math.reduce_std(ours) / tf.math.reduce_std(theirs))


def _differences(images: tf.Tensor) -> tf.Tensor:
    return images[:, :, 1:] - images[:, :, :-1]
