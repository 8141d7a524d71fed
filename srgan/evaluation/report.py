"""Scores as rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gancore.io.tables import Row, as_markdown, as_report
from srgan.evaluation.artifacts import ARTIFACT_DIGITS, ARTIFACT_LEGEND
from srgan.evaluation.evaluator import Evaluation, Score

_MEAN = "mean"

# Digits after the point, as the field's tables have them.
DIGITS = {
    "PSNR": 2,
    "SSIM": 4,
    "SSIM daala": 4,
    "LR-PSNR": 2,
    "distance": 4,
    "MPix/s": 3,
    "ratio": 2,
}


def protocol(scale: int, degraded: bool = False) -> str:
    """Describes the evaluation protocol in one line.

    Args:
        scale: The upscaling factor.
        degraded: Whether LR images are degraded, as the sets' names say.
    """
    source = (
        "Pillow's antialiased bicubic, then degraded"
        if degraded
        else "MATLAB's bicubic"
    )
    return (
        f"x{scale}; PSNR and SSIM on Y, a border of {scale} pixels left out; "
        f"low resolution by {source}"
    )


LEGEND = (
    "PSNR and LR-PSNR in dB. SSIM: Wang et al. 2004, 11x11 window, the one of "
    "most tables. SSIM daala: xiph/daala's dump_ssim, the one of the SRGAN "
    "paper. LR-PSNR: of the downscaled SR image, against the LR input. "
    "distance: between features, 0 for equal images. MPix/s: output megapixels "
    "per second. ratio: this speed to that of the method at 1.00."
)


def score_row(score: Score) -> Row:
    """Returns the columns of a score."""
    return {
        "PSNR": score.psnr,
        "SSIM": score.ssim,
        "SSIM daala": score.daala_ssim,
        "LR-PSNR": score.lr_psnr,
        "distance": score.distance,
        "MPix/s": score.speed,
    }


def evaluation_rows(set_name: str, evaluation: Evaluation) -> list[Row]:
    """Returns a row per image of a set, and one for the mean."""
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
    """Returns a row per set, model and image, and one per mean.

    Args:
        evaluations: (set, model) -> its scores.
        speeds: Model -> MPix/s, where it was measured.
        reference: The model to whose speed the ratios are.
    """
    rows: list[Row] = []
    for (set_name, model), evaluation in evaluations.items():
        scores = {**evaluation.scores, _MEAN: evaluation.mean}
        for image, score in scores.items():
            # Speeds are measured separately, not per image.
            speed = speeds.get(model) if image == _MEAN else None
            row: Row = {"set": set_name, "model": model, "image": image}
            row |= score_row(score) | {"MPix/s": speed, "ratio": None}
            if speed and reference:
                row["ratio"] = speed / speeds[reference]
            rows.append(row)
    return rows


def mean_rows(rows: Sequence[Row]) -> list[Row]:
    """Returns the means among the rows of a benchmark."""
    return [
        {title: cell for title, cell in row.items() if title != "image"}
        for row in rows
        if row["image"] == _MEAN
    ]


def markdown_report(
    title: str,
    scale: int,
    rows: Sequence[Row],
    environment: Mapping[str, str],
    artifacts: Sequence[Row] = (),
) -> str:
    """Formats a table with protocol, legend and environment.

    Args:
        title: Heading.
        scale: The upscaling factor.
        rows: Rows of the table.
        environment: As for `as_report`.
        artifacts: Rows of `artifact_rows` of degraded sets, a second table.
    """
    parts = [f"{protocol(scale, bool(artifacts))}.", as_markdown(rows, DIGITS)]
    parts.append(LEGEND)
    if artifacts:
        parts += [as_markdown(artifacts, ARTIFACT_DIGITS), ARTIFACT_LEGEND]
    return as_report(title, *parts, environment=environment)
