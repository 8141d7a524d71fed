"""Tables of scores as text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from adversarial.files import whole_file
from srgan.measuring.evaluation import Evaluation, Score

# A row of a table by its columns' titles; all rows have the same columns.
Row = dict[str, str | float | None]

_MEAN = "mean"

# Digits after the point, as the field's tables have them.
_DIGITS = {
    "PSNR": 2,
    "SSIM": 4,
    "SSIM daala": 4,
    "LR-PSNR": 2,
    "distance": 4,
    "MPix/s": 3,
    "ratio": 2,
}


def protocol(scale: int) -> str:
    """Says in a line how the scores are made."""
    return (
        f"x{scale}; PSNR and SSIM on Y, a border of {scale} pixels left out; "
        "low resolution by MATLAB's bicubic"
    )


LEGEND = (
    "PSNR and LR-PSNR in dB. SSIM: Wang et al. 2004, 11x11 window, the one of "
    "most tables. SSIM daala: xiph/daala's dump_ssim, the one of the SRGAN "
    "paper. LR-PSNR: the enlargement made small again, against the input. "
    "distance: between features, 0 for equal images. MPix/s: megapixels of "
    "output in a second. ratio: this speed to that of the method at 1.00."
)


def score_row(score: Score) -> Row:
    """Gives a score's columns of a table."""
    return {
        "PSNR": score.psnr,
        "SSIM": score.ssim,
        "SSIM daala": score.daala_ssim,
        "LR-PSNR": score.lr_psnr,
        "distance": score.distance,
        "MPix/s": score.speed,
    }


def evaluation_rows(set_name: str, evaluation: Evaluation) -> list[Row]:
    """Gives a row for each image of a set, and one for the mean."""
    scores = {**evaluation.scores, _MEAN: evaluation.mean}
    return [
        {"set": set_name, "image": image, **score_row(score)}
        for image, score in scores.items()
    ]


def benchmark_rows(
    evaluations: Mapping[tuple[str, str], Evaluation],
    speeds: Mapping[str, float],
    reference: str | None,
) -> list[Row]:
    """Gives a row for each set, model and image, and one for each mean.

    Args:
        evaluations: By the names of set and model.
        speeds: In MPix/s, of the models of which it was measured.
        reference: The model whose speed is 1.
    """
    rows: list[Row] = []
    for (set_name, model), evaluation in evaluations.items():
        scores = {**evaluation.scores, _MEAN: evaluation.mean}
        for image, score in scores.items():
            # Each image was enlarged once; speeds are measured by themselves.
            speed = speeds.get(model) if image == _MEAN else None
            row: Row = {"set": set_name, "model": model, "image": image}
            row |= score_row(score) | {"MPix/s": speed, "ratio": None}
            if speed and reference:
                row["ratio"] = speed / speeds[reference]
            rows.append(row)
    return rows


def mean_rows(rows: Sequence[Row]) -> list[Row]:
    """Leaves only the means of a benchmark's rows."""
    return [
        {title: cell for title, cell in row.items() if title != "image"}
        for row in rows
        if row["image"] == _MEAN
    ]


def as_text(rows: Sequence[Row]) -> str:
    """Lays a table out for a terminal; empty columns are left out."""
    lines = _cells(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    numeric = _numeric(rows)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """Writes a table in Markdown; empty columns are left out."""
    lines = _cells(rows)
    lines.insert(1, ["---:" if right else "---" for right in _numeric(rows)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_csv(rows: Sequence[Row]) -> str:
    """Writes a table as CSV with a header, numbers to six digits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                title: f"{value:.6g}" if isinstance(value, float) else value
                for title, value in row.items()
            }
        )
    return text.getvalue()


def markdown_report(
    title: str, scale: int, rows: Sequence[Row], conditions: Mapping[str, str]
) -> str:
    """Writes a table with how, when and on what it was measured."""
    facts = "\n".join(f"- {name}: {fact}" for name, fact in conditions.items())
    return (
        f"# {title}\n\n{protocol(scale)}.\n\n{as_markdown(rows)}\n\n"
        f"{LEGEND}\n\n{facts}\n"
    )


def write_text(path: Path, text: str) -> None:
    """Writes a text file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _titles(rows: Sequence[Row]) -> list[str]:
    return [
        title
        for title in rows[0]
        if any(row[title] is not None for row in rows)
    ]


def _numeric(rows: Sequence[Row]) -> list[bool]:
    return [title in _DIGITS for title in _titles(rows)]


def _cells(rows: Sequence[Row]) -> list[list[str]]:
    titles = _titles(rows)
    return [titles, *([_cell(t, row[t]) for t in titles] for row in rows)]


def _cell(title: str, value: str | float | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.{_DIGITS[title]}f}"
