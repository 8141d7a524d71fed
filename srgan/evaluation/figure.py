"""The figure of a benchmark: the same crop from everything that is compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gancore.io.atomic import atomic_write
from srgan.evaluation.crops import Comparison

# Inches of a crop, and dots to an inch.
_INCHES = 2.2
_DOTS = 150


def draw_crops(comparisons: Sequence[Comparison], path: Path) -> None:
    """Draws a row for each comparison: the whole, then the crop from each.

    PSNR and SSIM (Wang's) of the whole image stand under each crop, as in
    the figures of papers.

    Args:
        comparisons: All of the same upscaled images.
        path: PNG file to write.
    """
    columns = len(comparisons[0].upscaled) + 2
    figure = Figure(
        figsize=(_INCHES * (columns + 0.5), 1.25 * _INCHES * len(comparisons)),
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(comparisons),
        columns,
        squeeze=False,
        width_ratios=[1.5] + [1] * (columns - 1),
    )
    for axes, comparison in zip(grid, comparisons, strict=True):
        _draw_row(axes, comparison)
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=_DOTS)


def _draw_row(axes: Sequence[Axes], comparison: Comparison) -> None:
    crop = comparison.crop
    _show(axes[0], comparison.original, comparison.title)
    axes[0].add_patch(
        Rectangle(
            (crop.left - 0.5, crop.top - 0.5),
            crop.size,
            crop.size,
            fill=False,
            edgecolor="red",
            linewidth=1.5,
        )
    )
    for axis, (name, (high, score)) in zip(
        axes[1:-1], comparison.upscaled.items(), strict=True
    ):
        text = f"{name}\n{score.psnr:.2f} dB / {score.ssim:.4f}"
        _show(axis, crop.of(high), text)
    _show(axes[-1], crop.of(comparison.original), "original\nPSNR / SSIM")


def _show(axis: Axes, image: np.ndarray, text: str) -> None:
    rgb = np.broadcast_to(image, (*image.shape[:2], 3))
    axis.imshow(rgb, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.set_xlabel(text, fontsize=8, parse_math=False)
