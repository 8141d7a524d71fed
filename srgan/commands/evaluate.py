"""The command `evaluate`: scores a model on test sets, image by image."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gancore.config_fields import option, positional
from gancore.io.paths import check_outputs
from gancore.training import tf_setup
from gancore.training.config import OUTPUT
from srgan.evaluation.options import ScoringOptions


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluateOptions(ScoringOptions):
    """Options of `python -m srgan evaluate`."""

    model: str = positional(
        "SR model: name of pretrained weights, or an .h5 file.", takes="FILE"
    )
    csv: str | None = option(
        None, "CSV file to write.", group=OUTPUT, takes="FILE"
    )
    markdown: str | None = option(
        None, "Markdown file to write.", group=OUTPUT, takes="FILE"
    )


def run(options: EvaluateOptions) -> int:
    """Prints a row for each image and the mean of each test set.

    Returns:
        0, or 1 if a file could not be read.
    """
    reports = [Path(p) for p in (options.csv, options.markdown) if p]
    check_outputs(reports, options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.environment import command_line, environment_of_run
    from gancore.io.tables import Row, as_csv, as_text, write_text
    from srgan.evaluation.evaluator import score_set
    from srgan.evaluation.methods import network_method
    from srgan.evaluation.perceptual_distance import feature_distance
    from srgan.evaluation.report import (
        DIGITS,
        evaluation_rows,
        markdown_report,
        protocol,
    )
    from srgan.evaluation.test_sets import find_sets
    from srgan.inference.load import PRETRAINED, load, scale_of
    from srgan.inference.self_ensemble import check_self_ensemble

    sets = find_sets(options.data, every=options.every)
    if options.self_ensemble:
        check_self_ensemble(options.model)
    model = load(options.model)
    scale = scale_of(model)
    distance = feature_distance(
        options.features, options.feature_layers, options.feature_preprocessing
    )
    method = network_method(
        model,
        keep_mean=options.model in PRETRAINED,
        self_ensemble=options.self_ensemble,
    )

    rows: list[Row] = []
    skipped = 0
    for name, hr_files in sets.items():
        evaluation = score_set(method, hr_files, scale, distance)
        skipped += len(evaluation.skipped)
        rows += evaluation_rows(name, evaluation)

    print(protocol(scale))
    print(as_text(rows, DIGITS))
    if options.csv:
        write_text(Path(options.csv), as_csv(rows))
    if options.markdown:
        command = command_line("python -m srgan evaluate", options)
        title = f"Scores of {options.model}"
        report = markdown_report(
            title, scale, rows, environment_of_run(command)
        )
        write_text(Path(options.markdown), report)
    return 1 if skipped else 0
