"""Panels of the training curves, and sample images for TensorBoard."""

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
        "dB, higher is better",
        best="max",
    ),
    Panel(
        "SSIM on Y", {"val_ssim": VALIDATION}, "higher is better", best="max"
    ),
    Panel(
        "perceptual distance",
        {"val_perceptual": VALIDATION},
        "lower is better",
        best="min",
    ),
    Panel(
        "generator loss",
        {"gen_loss": TRAINING, "val_gen_loss": VALIDATION},
        "weighted sum of terms",
        by_stage=True,
    ),
    DISCRIMINATOR,
    Panel(
        "detail of upscaled images",
        {
            "contrast": "standard deviation of pixels",
            "detail": "of pixel differences",
        },
        "ratio to the HR images",
    ),
    LEARNING_RATES,
)


def sample_images(
    gan: GAN, pairs: tf.data.Dataset, rows: int = 4
) -> Callable[[], None]:
    """Returns a function that logs the first images of a dataset, upscaled.

    Args:
        gan: Its EMA generator upscales.
        pairs: Batches of LR and HR images, 0..255.
        rows: Maximum number of images.

    Returns:
        A function without arguments that writes a TensorFlow image summary
        with one strip per image: LR, bicubic, SR, HR.
    """
    lr, hr = (t[:rows] for t in next(iter(pairs)))

    def write_summary() -> None:
        columns = side_by_side(gan, lr, hr)
        strips = tf.concat(list(columns.values()), axis=2)
        name = " | ".join(columns)
        tf.summary.image(name, strips, max_outputs=rows)

    return write_summary
