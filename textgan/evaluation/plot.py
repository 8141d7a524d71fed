"""The figure of quality against diversity, as the temperature changes."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gancore.io.atomic import atomic_write
from gancore.io.tables import Row

_QUALITY, _SAMENESS, _DISTANCE = "BLEU-4", "self-BLEU-4", "Frechet"
# Where a name may stand beside its mark, the best first.
_SIDES = tuple(
    itertools.product(
        (("left", 5), ("right", -5)), (("bottom", 2), ("top", -2))
    )
)


def draw_curve(
    rows: Sequence[Row], curves: Mapping[str, Sequence[str]], path: Path
) -> None:
    """Draws BLEU and the Frechet distance against self-BLEU.

    Better is up and to the left on one side, down and to the left on the
    other. Lines whose names differ in a number at the end, as of seeds, share
    a colour.

    Args:
        rows: A table of scores.
        curves: Names of rows to join by a line, by the name of the line.
        path: PNG file to write.
    """
    by_name = {str(row["model"]): row for row in rows}
    joined = {name for names in curves.values() for name in names}
    alike: dict[str, list[str]] = {}
    for title in curves:
        alike.setdefault(title.rstrip("0123456789"), []).append(title)
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    for axes, vertical in zip(
        figure.subplots(1, 2), (_QUALITY, _DISTANCE), strict=True
    ):
        for number, titles in enumerate(alike.values()):
            for title in titles:
                names = curves[title]
                places = [_place(by_name[name], vertical) for name in names]
                axes.plot(
                    *zip(*places, strict=True),
                    "o-",
                    color=f"C{number}",
                    label=", ".join(titles) if title == titles[0] else None,
                    ms=4,
                )
        marks = {
            name: _place(row, vertical)
            for name, row in by_name.items()
            if name not in joined and row[vertical] is not None
        }
        for name, place in marks.items():
            marker = "*" if name.startswith("real") else "x"
            axes.plot(*place, marker, color="0.3", ms=7)
        axes.set_xlabel(f"{_SAMENESS} (less is more varied)")
        axes.set_ylabel(vertical)
        axes.margins(0.12)
        axes.grid(alpha=0.3)
        _name(axes, marks)
    if curves:
        figure.axes[0].legend(fontsize=8)
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=120)


def _name(axes: Any, marks: Mapping[str, tuple[float, float]]) -> None:
    """Writes names beside their marks, over no other where there is room."""
    axes.figure.draw_without_rendering()
    taken: list[Any] = []
    for name, place in marks.items():
        tried = []
        for (across, right), (along, up) in _SIDES:
            text = axes.annotate(
                name,
                place,
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


def _place(row: Row, vertical: str) -> tuple[float, float]:
    return float(row[_SAMENESS] or 0.0), float(row[vertical] or 0.0)
