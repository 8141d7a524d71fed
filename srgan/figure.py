"""The comparison figure: low-resolution, bicubic, ours, original."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from adversarial.files import whole_file
from srgan.mapping import MappingNetwork
from srgan.metrics import psnr

_COLUMNS = ("low-resolution", "bicubic", "ours", "original")


def draw_comparison(
    enlarge: Callable[[tf.Tensor], tf.Tensor],
    pairs: tf.data.Dataset,
    scale: int,
    path: Path,
    rows: int = 3,
) -> None:
    """Draws the first pictures of a dataset side by side, PSNR under each.

    Args:
        enlarge: Enlarges a batch of images by `scale`.
        pairs: Batches of low- and high-resolution images, 0..255.
        scale: Ratio of their sizes; also the border the PSNR leaves out.
        path: PNG file to write.
        rows: Most pictures shown.
    """
    low, original = (t[:rows] for t in next(iter(pairs)))
    columns = (
        tf.repeat(tf.repeat(low, scale, axis=1), scale, axis=2),
        MappingNetwork(scale).enlarge(tf.cast(low, tf.uint8)),
        enlarge(low),
        original,
    )
    figure = Figure(figsize=(12, 3.4 * len(low)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(low), len(columns), squeeze=False)
    for j, (title, images) in enumerate(zip(_COLUMNS, columns, strict=True)):
        scores = psnr(images, original, scale).numpy()
        pixels = np.clip(np.round(images), 0, 255).astype("uint8")
        for i, axis in enumerate(axes[:, j]):
            axis.imshow(pixels[i], interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            if title != "original":
                axis.set_xlabel(f"{scores[i]:.2f} dB")
        axes[0, j].set_title(title)
    path.parent.mkdir(exist_ok=True)
    with whole_file(path) as partial:
        figure.savefig(partial, dpi=100)


class Previews(keras.callbacks.Callback):
    """Draws a comparison each few epochs.

    Args:
        pairs: As for `draw_comparison`.
        interval: Epochs between two figures; 0 for none.
        folder: Gets `<name>_<epoch>.png`.
        name: Begins the names of the files.
    """

    def __init__(
        self, pairs: tf.data.Dataset, interval: int, folder: Path, name: str
    ) -> None:
        super().__init__()
        self.pairs = pairs
        self.interval = interval
        self.folder = folder
        self.name = name

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        if self.interval and (epoch + 1) % self.interval == 0:
            path = self.folder / f"{self.name}_{epoch + 1:04d}.png"
            draw_comparison(self.model, self.pairs, self.model.scale, path)
