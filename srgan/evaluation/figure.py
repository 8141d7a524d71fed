"""The figure of a benchmark: one crop as upscaled by each method."""

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

# Side of a crop in inches, and resolution.
_INCHES = 2.2
_DPI = 150


def draw_crops(comparisons: Sequence[Comparison], path: Path) -> None:
    """Draws a row per comparison: the image, then the crop of each method.

    PSNR and SSIM (Wang et al. 2004) of the whole image are below each crop.

    Args:
        comparisons: Rows, all with the same methods.
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
        figure.savefig(partial, dpi=_DPI)


def _draw_row(axes: Sequence[Axes], comparison: Comparison) -> None:
    crop = comparison.crop
    _show(axes[0], comparison.hr, comparison.title)
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
    for axis, (name, (sr, score)) in zip(
        axes[1:-1], comparison.upscaled.items(), strict=True
    ):
        text = f"{name}\n{score.psnr:.2f} dB / {score.ssim:.4f}"
        _show(axis, crop.of(sr), text)
    _show(axes[-1], crop.of(comparison.hr), "HR\nPSNR / SSIM")


def _show(axis: Axes, image: np.ndarray, text: str) -> None:
    rgb = np.broadcast_to(image, (*image.shape[:2], 3))
    axis.imshow(rgb, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.set_xlabel(text, fontsize=8, parse_math=False)
