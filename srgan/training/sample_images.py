"""What there is to see of a training of pictures: curves, and enlargements."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from gancore.callbacks.history_plot import (
    HELD_OUT,
    JUDGE,
    LEARNT,
    RATES,
    Panel,
)
from srgan.models.gan import GAN
from srgan.training.previews import side_by_side

PANELS = (
    Panel(
        "PSNR on Y",
        {"psnr": LEARNT, "val_psnr": HELD_OUT},
        "dB, more is better",
        best="max",
    ),
    Panel("SSIM on Y", {"val_ssim": HELD_OUT}, "more is better", best="max"),
    Panel(
        "perceptual distance",
        {"val_perceptual": HELD_OUT},
        "less is better",
        best="min",
    ),
    Panel(
        "generator's objective",
        {"gen_loss": LEARNT, "val_gen_loss": HELD_OUT},
        "weighted sum of losses",
        by_phase=True,
    ),
    JUDGE,
    Panel(
        "spread kept by enlargements",
        {"contrast": "of pixels", "detail": "of their differences"},
        "share of the originals'",
    ),
    RATES,
)


def enlargements(
    gan: GAN, pairs: tf.data.Dataset, rows: int = 4
) -> Callable[[], None]:
    """Gives what shows the first pictures of a dataset, enlarged.

    Args:
        gan: Whose averaged generator enlarges.
        pairs: Batches of low- and high-resolution images, 0..255.
        rows: Most pictures shown.

    Returns:
        A function that writes a summary of TensorFlow, an image for each
        picture: low resolution, bicubic, ours, original.
    """
    low, original = (t[:rows] for t in next(iter(pairs)))

    def show() -> None:
        columns = side_by_side(gan, low, original, gan.scale)
        strips = tf.concat(list(columns.values()), axis=2)
        name = " | ".join(columns)
        tf.summary.image(name, strips, max_outputs=rows)

    return show
