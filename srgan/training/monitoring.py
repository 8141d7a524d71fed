"""How much detail a generator makes, as a training watches it."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from srgan.models.gan import GAN

LEAST = {
    "detail": (0.2, "enlargements lose all detail"),
    "contrast": (0.2, "enlargements grow alike and grey"),
}


def detail(gan: GAN, pairs: tf.data.Dataset) -> Callable[[], dict[str, float]]:
    """Gives what measures the first batch of some pictures.

    Args:
        gan: Whose averaged generator enlarges.
        pairs: Batches of low- and high-resolution images, 0..255.

    Returns:
        A function that gives `contrast`, the standard deviation of
        enlargements over that of the originals, and `detail`, that of the
        differences of neighbouring pixels.
    """
    low, original = next(iter(pairs))

    def measure() -> dict[str, float]:
        enlarged = gan.enlarge(gan.averaged, low, training=False)
        return {
            "contrast": _ratio(enlarged, original),
            "detail": _ratio(_differences(enlarged), _differences(original)),
        }

    return measure


def _ratio(ours: tf.Tensor, theirs: tf.Tensor) -> float:
    return float(tf.math.reduce_std(ours) / tf.math.reduce_std(theirs))


def _differences(images: tf.Tensor) -> tf.Tensor:
    return images[:, :, 1:] - images[:, :, :-1]
