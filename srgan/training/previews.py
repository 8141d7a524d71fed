"""Comparison figures: LR, bicubic, SR and HR images side by side."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gancore.io.atomic import atomic_write
from srgan.metrics.psnr_ssim import psnr
from srgan.models.gan import GAN


def side_by_side(
    gan: GAN, lr: tf.Tensor, hr: tf.Tensor
) -> dict[str, np.ndarray]:
    """Returns the columns of a comparison.

    Args:
        gan: Its EMA generator upscales.
        lr: LR images, 0..255.
        hr: HR images, 0..255.

    Returns:
        Title -> uint8 array of the shape of `hr`.
    """
    scale = gan.scale
    columns = {
        "LR": tf.repeat(tf.repeat(lr, scale, 1), scale, 2),
        "bicubic": gan.mapping.upscale(tf.cast(lr, tf.uint8)),
        "SR": gan(lr),
        "HR": hr,
    }
    return {
        title: np.clip(np.round(images), 0, 255).astype("uint8")
        for title, images in columns.items()
    }


def draw_comparison(
    gan: GAN, pairs: tf.data.Dataset, path: Path, rows: int = 3
) -> None:
    """Draws the first images of a dataset, with the PSNR below each.

    The PSNR excludes a border of `gan.scale` pixels.

    Args:
        gan: Its EMA generator upscales.
        pairs: Batches of LR and HR images, 0..255.
        path: PNG file to write.
        rows: Maximum number of images.
    """
    lr, hr = (t[:rows] for t in next(iter(pairs)))
    columns = side_by_side(gan, lr, hr)
    figure = Figure(figsize=(12, 3.4 * len(lr)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(lr), len(columns), squeeze=False)
    for j, (title, pixels) in enumerate(columns.items()):
        scores = psnr(pixels, hr, gan.scale).numpy()
        for i, axis in enumerate(axes[:, j]):
            axis.imshow(pixels[i], interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            if title != "HR":
                axis.set_xlabel(f"{scores[i]:.2f} dB")
        axes[0, j].set_title(title)
    path.parent.mkdir(exist_ok=True)
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=100)


class Previews(keras.callbacks.Callback):
    """Draws a comparison figure every `interval` epochs.

    Args:
        pairs: As for `draw_comparison`.
        interval: Epochs between two figures; 0 disables them.
        folder: Where `<stage>_<epoch>.png` is written.
    """

    def __init__(
        self, pairs: tf.data.Dataset, interval: int, folder: Path
    ) -> None:
        super().__init__()
        self.pairs = pairs
        self.interval = interval
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        if self.interval and (epoch + 1) % self.interval == 0:
            path = self.folder / f"{self.model.stage}_{epoch + 1:04d}.png"
            draw_comparison(self.model, self.pairs, path)
