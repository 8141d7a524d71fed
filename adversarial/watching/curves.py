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

from adversarial.files import whole_file
from adversarial.watching.log import read_log

# Okabe and Ito's, told apart by all eyes, and in print by dashes.
_COLOURS = ("#0072B2", "#D55E00", "#009E73")
_DASHES = ("-", "--", "-.")
# Behind the epochs of the first phase, the second, and so on.
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
        best: `max` or `min` if the best of the last line is to be marked.
        by_phase: Whether each phase measures something else, so that its line
            stands alone; exact zeros are then of a network that rests.
    """

    title: str
    lines: Mapping[str, str]
    unit: str = ""
    best: str = ""
    by_phase: bool = False


def draw_curves(folder: Path, panels: Sequence[Panel]) -> Path:
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
        if name != "phase"
    }
    phases = _phases([row["phase"] for row in rows])
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
            _draw(axis, panel, log, phases)
    figure.suptitle(" / ".join(folder.parts[-3:]), fontsize=11)
    if len(phases) > 1:
        figure.legend(
            handles=[
                Patch(fc=band, ec="0.7", label=f"{name} ({_span(begin, end)})")
                for (name, begin, end), band in zip(
                    phases, itertools.cycle(_BANDS), strict=False
                )
            ],
            loc="outside lower center",
            ncols=len(phases),
            frameon=False,
        )
    path = folder / "figures" / "curves.png"
    path.parent.mkdir(exist_ok=True)
    with whole_file(path) as partial:
        figure.savefig(partial, dpi=120)
    return path


def _draw(
    axis: Any,
    panel: Panel,
    log: Mapping[str, np.ndarray],
    phases: Sequence[tuple[str, int, int]],
) -> None:
    epochs = log["epoch"] + 1
    shown = _present(panel, log)
    for place, (name, label) in enumerate(shown.items()):
        # What is held out looks the same everywhere.
        look = 1 if name.startswith("val_") else place
        values = log[name]
        # Infinity has no place on an axis.
        values = np.where(np.isfinite(values), values, np.nan)
        parts = [slice(None)]
        if panel.by_phase:
            values = np.where(values == 0, np.nan, values)
            parts = [slice(begin, end) for _, begin, end in phases]
        for i, part in enumerate(parts):
            axis.plot(
                epochs[part],
                values[part],
                _DASHES[look],
                color=_COLOURS[look],
                marker="o" if len(epochs) <= _FEW else None,
                ms=3,
                lw=1.5,
                label=label if i == 0 else None,
            )
    if panel.best:
        at = getattr(np, f"nanarg{panel.best}")(values)
        axis.plot(
            epochs[at],
            values[at],
            "*",
            color="black",
            ms=9,
            label=f"best: {values[at]:.5g}, epoch {epochs[at]:.0f}",
        )
    for (_, begin, end), band in zip(
        phases, itertools.cycle(_BANDS), strict=False
    ):
        axis.axvspan(begin + 0.5, end + 0.5, color=band, zorder=0, lw=0)
    numbers = np.concatenate([log[name] for name in shown])
    positive = numbers[np.isfinite(numbers) & (numbers > 0)]
    signed = (numbers < 0).any()
    if not signed and positive.max() > _SPREAD * positive.min():
        axis.set_yscale("log")
    axis.set_xlim(0.5, len(epochs) + 0.5)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_title(panel.title, fontsize=10)
    axis.set_xlabel("epoch")
    axis.set_ylabel(panel.unit)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    if len(shown) > 1 or panel.best:
        axis.legend(fontsize=8, framealpha=0.85)


def _present(panel: Panel, log: Mapping[str, np.ndarray]) -> Mapping[str, str]:
    """Gives the lines of a panel that have numbers to draw."""
    return {
        name: label
        for name, label in panel.lines.items()
        if name in log
        and np.isfinite(log[name]).any()
        and (log[name].any() or not panel.by_phase)
    }


def _phases(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """Gives each phase's name, first row, and the row after its last."""
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
