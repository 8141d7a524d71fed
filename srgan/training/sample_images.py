"""What there is to see of a training of images: curves, and upscaled images."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from gancore.callbacks.history_plot import (
    DISCRIMINATOR,
    LEARNING_RATES,
    TRAINING,
    VALIDATION,
    Panel,
)
from srgan.models.gan import GAN
from srgan.training.previews import side_by_side

PANELS = (
    Panel(
        "PSNR on Y",
        {"psnr": TRAINING, "val_psnr": VALIDATION},
        "dB, more is better",
        best="max",
    ),
    Panel("SSIM on Y", {"val_ssim": VALIDATION}, "more is better", best="max"),
    Panel(
        "perceptual distance",
        {"val_perceptual": VALIDATION},
        "less is better",
        best="min",
    ),
    Panel(
        "generator's objective",
        {"gen_loss": TRAINING, "val_gen_loss": VALIDATION},
        "weighted sum of losses",
        by_stage=True,
    ),
    DISCRIMINATOR,
    Panel(
        "spread kept by upscaled images",
        {"contrast": "of pixels", "detail": "of their differences"},
        "share of the originals'",
    ),
    LEARNING_RATES,
)


def sample_images(
    gan: GAN, pairs: tf.data.Dataset, rows: int = 4
) -> Callable[[], None]:
    """Gives what shows the first images of a dataset, upscaled.

    Args:
        gan: Whose averaged generator upscales.
        pairs: Batches of low- and high-resolution images, 0..255.
        rows: Most images shown.

    Returns:
        A function that writes a summary of TensorFlow, an image for each
        image: low resolution, bicubic, ours, original.
    """
    low, original = (t[:rows] for t in next(iter(pairs)))

    def show() -> None:
        columns = side_by_side(gan, low, original, gan.scale)
        strips = tf.concat(list(columns.values()), axis=2)
        name = " | ".join(columns)
        tf.summary.image(name, strips, max_outputs=rows)

    return show
