"""Plot of quality against diversity, as the temperature changes."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gancore.io.atomic import atomic_write
from gancore.io.tables import Row

_QUALITY, _SELF_BLEU, _DISTANCE = "BLEU-4", "self-BLEU-4", "Frechet"
# Positions of a label relative to its marker, the best first.
_POSITIONS = tuple(
    itertools.product(
        (("left", 5), ("right", -5)), (("bottom", 2), ("top", -2))
    )
)


def plot_quality_diversity(
    rows: Sequence[Row], curves: Mapping[str, Sequence[str]], path: Path
) -> None:
    """Plots BLEU and the Frechet distance against self-BLEU.

    Better is up and to the left in the left panel, down and to the left in
    the right one. Curves whose names differ only in a number at the end, such
    as a seed, share a color.

    Args:
        rows: Rows of the score table.
        curves: Names of rows to join by a line, by the name of the curve.
        path: PNG file to write.
    """
    by_name = {str(row["model"]): row for row in rows}
    joined = {name for names in curves.values() for name in names}
    groups: dict[str, list[str]] = {}
    for title in curves:
        groups.setdefault(title.rstrip("0123456789"), []).append(title)
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    for axes, vertical in zip(
        figure.subplots(1, 2), (_QUALITY, _DISTANCE), strict=True
    ):
        for number, titles in enumerate(groups.values()):
            for title in titles:
                names = curves[title]
                points = [_point(by_name[name], vertical) for name in names]
                axes.plot(
                    *zip(*points, strict=True),
                    "o-",
                    color=f"C{number}",
                    label=", ".join(titles) if title == titles[0] else None,
                    ms=4,
                )
        points_alone = {
            name: _point(row, vertical)
            for name, row in by_name.items()
            if name not in joined and row[vertical] is not None
        }
        for name, point in points_alone.items():
            marker = "*" if name.startswith("real") else "x"
            axes.plot(*point, marker, color="0.3", ms=7)
        axes.set_xlabel(f"{_SELF_BLEU} (lower is more diverse)")
        axes.set_ylabel(vertical)
        axes.margins(0.12)
        axes.grid(alpha=0.3)
        _label(axes, points_alone)
    if curves:
        figure.axes[0].legend(fontsize=8)
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=120)


def _label(axes: Any, points: Mapping[str, tuple[float, float]]) -> None:
    """Labels points, without overlap where there is room."""
    axes.figure.draw_without_rendering()
    taken: list[Any] = []
    for name, point in points.items():
        tried = []
        for (across, right), (along, up) in _POSITIONS:
            text = axes.annotate(
                name,
                point,
                xytext=(right, up),
                textcoords="offset points",
                ha=across,
                va=along,
                fontsize=7,
            )
            box = text.get_window_extent()
            outside = not axes.bbox.x0 < box.x0 < box.x1 < axes.bbox.x1
            tried.append((outside + box.count_overlaps(taken), box, text))
        _, box, best = min(tried, key=operator.itemgetter(0))
        taken.append(box)
        for _, _, text in tried:
            if text is not best:
                text.remove()


def _point(row: Row, vertical: str) -> tuple[float, float]:
    return float(row[_SELF_BLEU] or 0.0), float(row[vertical] or 0.0)
