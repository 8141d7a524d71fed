"""The figure of quality against diversity, as the temperature changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from adversarial.files import whole_file
from adversarial.tables import Row

_QUALITY, _SAMENESS, _DISTANCE = "BLEU-4", "self-BLEU-4", "Frechet"


def draw_curve(
    rows: Sequence[Row], curves: Mapping[str, Sequence[str]], path: Path
) -> None:
    """Draws BLEU and the Frechet distance against self-BLEU.

    Better is up and to the left on one side, down and to the left on the
    other.

    Args:
        rows: A table of scores.
        curves: Names of rows to join by a line, by the name of the line.
        path: PNG file to write.
    """
    by_name = {str(row["model"]): row for row in rows}
    joined = {name for names in curves.values() for name in names}
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    for axes, vertical in zip(
        figure.subplots(1, 2), (_QUALITY, _DISTANCE), strict=True
    ):
        for title, names in curves.items():
            places = [_place(by_name[name], vertical) for name in names]
            axes.plot(*zip(*places, strict=True), "o-", label=title, ms=4)
        for name, row in by_name.items():
            if name in joined or row[vertical] is None:
                continue
            marker = "*" if name.startswith("real") else "x"
            axes.plot(*_place(row, vertical), marker, color="0.3", ms=7)
            axes.annotate(
                name,
                _place(row, vertical),
                xytext=(4, 3),
                textcoords="offset points",
                fontsize=7,
            )
        axes.set_xlabel(f"{_SAMENESS} (less is more varied)")
        axes.set_ylabel(vertical)
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize=8)
    with whole_file(path) as partial:
        figure.savefig(partial, dpi=120)


def _place(row: Row, vertical: str) -> tuple[float, float]:
    return float(row[_SAMENESS] or 0.0), float(row[vertical] or 0.0)
