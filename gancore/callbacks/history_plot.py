"""The figure of a training: its curves over all epochs, from its log."""

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

# Okabe and Ito's, told apart by all eyes, and in print by dashes.
_COLOURS = ("#0072B2", "#D55E00", "#009E73")
_DASHES = ("-", "--", "-.")
# Behind the epochs of the first stage, the second, and so on.
_BANDS = ("#ffffff", "#e9e9e9", "#fdf0c8")
# Numbers that spread over more than this are drawn by their logarithms.
_SPREAD = 30.0
# Fewer epochs are marked one by one.
_FEW = 40
_WIDTH, _HEIGHT = 4.6, 3.1


@dataclasses.dataclass(frozen=True)
class Panel:
    """What is drawn together.

    Attributes:
        title: What it shows.
        lines: Columns of the log and what the legend calls them, at most
            three; those without numbers are left out.
        unit: Of the vertical axis.
        best: `max` or `min` if the best validation number is to be marked.
        by_stage: Whether each stage measures something else, so that its line
            stands alone; exact zeros are then of a network that rests.
    """

    title: str
    lines: Mapping[str, str]
    unit: str = ""
    best: str = ""
    by_stage: bool = False


TRAINING = "training"
VALIDATION = "validation"
# What every training here has to show.
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
    """Draws `figures/curves.png` of a run from its `log.csv`.

    Args:
        folder: Of the run; its log has at least one row.
        panels: In their order; those without numbers are left out.

    Returns:
        The file.

    Raises:
        FailedWork: If it cannot be written.
    """
    rows = read_log(folder / "log.csv")
    names = dict.fromkeys(name for row in rows for name in row)
    log = {
        name: np.array([float(row.get(name) or "nan") for row in rows])
        for name in names
        if name != "stage"
    }
    stages = _stages([row["stage"] for row in rows])
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
    for place, (name, label) in enumerate(shown.items()):
        # What is validation looks the same everywhere.
        look = 1 if name.startswith("val_") else place
        parts = stages if panel.by_stage else [("", 0, len(log[name]))]
        for i, (_, begin, end) in enumerate(parts):
            values = log[name][begin:end]
            # Infinity has no place on an axis.
            drawn = np.isfinite(values) & ((values != 0) | (not panel.by_stage))
            axis.plot(
                log["epoch"][begin:end] + 1,
                np.where(drawn, values, np.nan),
                _DASHES[look],
                color=_COLOURS[look],
                # One epoch alone makes no line.
                marker="o"
                if len(log[name]) <= _FEW or end - begin == 1
                else "",
                ms=3,
                lw=1.5,
                label=label if i == 0 else None,
            )
    held_out = [name for name in shown if name.startswith("val_")]
    if panel.best and held_out:
        _mark_best(axis, log["epoch"] + 1, log[held_out[0]], panel.best)
    for (_, begin, end), band in zip(
        stages, itertools.cycle(_BANDS), strict=False
    ):
        axis.axvspan(begin + 0.5, end + 0.5, color=band, zorder=0, lw=0)
    numbers = np.concatenate([log[name] for name in shown])
    sizes = numbers[np.isfinite(numbers) & (numbers != 0)]
    if sizes.size and sizes.max() > _SPREAD * sizes.min() > 0:
        axis.set_yscale("log")
    axis.set_xlim(0.5, len(log["epoch"]) + 0.5)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_title(panel.title, fontsize=11, loc="left", pad=18)
    axis.set_xlabel("epoch")
    axis.set_ylabel(panel.unit)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    if len(axis.get_legend_handles_labels()[0]) > 1:
        # Below the title, where no line can run through it.
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
    message = f"best: {values[at]:.5g}, epoch {epochs[at]:.0f}"
    axis.plot(epochs[at], values[at], "*", color="black", ms=9, label=message)


def _present(panel: Panel, log: Mapping[str, np.ndarray]) -> Mapping[str, str]:
    """Gives the lines of a panel that have numbers to draw."""
    return {
        name: label
        for name, label in panel.lines.items()
        if name in log
        and np.isfinite(log[name]).any()
        and (log[name].any() or not panel.by_stage)
    }


def _stages(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """Gives each stage's name, first row, and the row after its last."""
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
