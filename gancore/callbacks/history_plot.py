"""Plots the training curves of a run from its `log.csv`."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from gancore.callbacks.csv_logger import read_log
from gancore.io.atomic import atomic_write

# Okabe and Ito's colors, which the color-blind can distinguish; dashes for
# print.
_COLORS = ("#0072B2", "#D55E00", "#009E73")
_DASHES = ("-", "--", "-.")
# Background of the epochs of the first stage, the second, and so on.
_BANDS = ("#ffffff", "#e9e9e9", "#fdf0c8")
# A log scale is used when the ratio of maximum to minimum exceeds this.
_LOG_SCALE_RATIO = 30.0
# With at most as many epochs each is marked.
_MAX_MARKERS = 40
_WIDTH, _HEIGHT = 4.6, 3.1


@dataclasses.dataclass(frozen=True)
class Panel:
    """One set of axes of the figure.

    Attributes:
        title: Title of the axes.
        lines: Column of the log -> label in the legend, at most three; empty
            columns are omitted.
        unit: Label of the vertical axis.
        best: `max` or `min` to mark the best validation value.
        by_stage: Whether lines break between stages, because the metric's
            definition changes; exact zeros are then of a frozen network and
            omitted.
    """

    title: str
    lines: Mapping[str, str]
    unit: str = ""
    best: str = ""
    by_stage: bool = False


TRAINING = "training"
VALIDATION = "validation"
# Panels of both trainings.
DISCRIMINATOR = Panel(
    "discriminator's loss",
    {"discrim_loss": TRAINING, "val_discrim_loss": VALIDATION},
    "loss",
    by_stage=True,
)
LEARNING_RATES = Panel(
    "learning rates",
    {"learning_rate": "generator", "discrim_learning_rate": "discriminator"},
    "step of Adam",
    by_stage=True,
)


def plot_history(folder: Path, panels: Sequence[Panel]) -> Path:
    """Plots `figures/curves.png` of a run from its `log.csv`.

    Args:
        folder: Folder of the run; its log has at least one row.
        panels: Panels in order; those without values are omitted.

    Returns:
        Path of the figure.

    Raises:
        RuntimeFailure: If the log cannot be read or the figure written.
    """
    table = read_log(folder / "log.csv").replace("", "nan")
    stages = _stages(list(table["stage"]))
    log = {
        name: column.to_numpy(dtype=float)
        for name, column in table.drop(columns="stage").items()
    }
    drawn = [panel for panel in panels if _present(panel, log)]
    columns = min(3, len(drawn))
    lines = -(-len(drawn) // columns)
    size = (_WIDTH * columns, _HEIGHT * lines + 0.7)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(lines, columns, squeeze=False).flat
    for axis, panel in itertools.zip_longest(axes, drawn):
        if panel is None:
            axis.remove()
        else:
            _draw(axis, panel, log, stages)
    figure.suptitle(" / ".join(folder.parts[-3:]), fontsize=11)
    if len(stages) > 1:
        figure.legend(
            handles=[
                Patch(fc=band, ec="0.7", label=f"{name} ({_span(begin, end)})")
                for (name, begin, end), band in zip(
                    stages, itertools.cycle(_BANDS), strict=False
                )
            ],
            loc="outside lower center",
            ncols=len(stages),
            frameon=False,
        )
    path = folder / "figures" / "curves.png"
    path.parent.mkdir(exist_ok=True)
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=120)
    return path


def _draw(
    axis: Any,
    panel: Panel,
    log: Mapping[str, np.ndarray],
    stages: Sequence[tuple[str, int, int]],
) -> None:
    shown = _present(panel, log)
    for index, (name, label) in enumerate(shown.items()):
        # Validation has the same style in all panels.
        style = 1 if name.startswith("val_") else index
        parts = stages if panel.by_stage else [("", 0, len(log[name]))]
        for i, (_, begin, end) in enumerate(parts):
            values = log[name][begin:end]
            # Infinity cannot be drawn.
            drawn = np.isfinite(values) & ((values != 0) | (not panel.by_stage))
            axis.plot(
                log["epoch"][begin:end] + 1,
                np.where(drawn, values, np.nan),
                _DASHES[style],
                color=_COLORS[style],
                # A single epoch makes no line.
                marker="o"
                if len(log[name]) <= _MAX_MARKERS or end - begin == 1
                else "",
                ms=3,
                lw=1.5,
                label=label if i == 0 else None,
            )
    validation = [name for name in shown if name.startswith("val_")]
    if panel.best and validation:
        _mark_best(axis, log["epoch"] + 1, log[validation[0]], panel.best)
    for (_, begin, end), band in zip(
        stages, itertools.cycle(_BANDS), strict=False
    ):
        axis.axvspan(begin + 0.5, end + 0.5, color=band, zorder=0, lw=0)
    numbers = np.concatenate([log[name] for name in shown])
    sizes = numbers[np.isfinite(numbers) & (numbers != 0)]
    if sizes.size and sizes.max() > _LOG_SCALE_RATIO * sizes.min() > 0:
        axis.set_yscale("log")
    axis.set_xlim(0.5, len(log["epoch"]) + 0.5)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_title(panel.title, fontsize=11, loc="left", pad=18)
    axis.set_xlabel("epoch")
    axis.set_ylabel(panel.unit)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    if len(axis.get_legend_handles_labels()[0]) > 1:
        # Between title and axes, where it covers no line.
        axis.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 0.98),
            ncols=3,
            columnspacing=1.2,
            fontsize=8,
            frameon=False,
        )


def _mark_best(
    axis: Any, epochs: np.ndarray, values: np.ndarray, best: str
) -> None:
    finite = np.where(np.isfinite(values), values, np.nan)
    at = {"max": np.nanargmax, "min": np.nanargmin}[best](finite)
    label = f"best: {values[at]:.5g}, epoch {epochs[at]:.0f}"
    axis.plot(epochs[at], values[at], "*", color="black", ms=9, label=label)


def _present(panel: Panel, log: Mapping[str, np.ndarray]) -> Mapping[str, str]:
    """Returns the lines of a panel whose columns have values."""
    return {
        name: label
        for name, label in panel.lines.items()
        if name in log
        and np.isfinite(log[name]).any()
        and (log[name].any() or not panel.by_stage)
    }


def _stages(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """Finds each stage's name, first row, and the row after its last."""
    found = []
    begin = 0
    for name, group in itertools.groupby(names):
        end = begin + len(list(group))
        found.append((name, begin, end))
        begin = end
    return found


def _span(begin: int, end: int) -> str:
    if end - begin == 1:
        return f"epoch {end}"
    return f"epochs {begin + 1}-{end}"
