"""The command `evaluate`: scores what one model writes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gancore.config_fields import option, positional
from gancore.io.paths import check_outputs
from gancore.training import tf_setup
from gancore.training.config import OUTPUT
from textgan.evaluation.options import ScoringOptions
from textgan.inference.sampler_config import CHOICE, SamplerConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluateOptions(SamplerConfig, ScoringOptions):
    """Options of `python -m textgan evaluate`."""

    model: str = positional("Generator: a name, or an .h5 file.", takes="FILE")
    temperature: float = option(
        1.0,
        "Below 1 likely words become likelier; 0 takes the likeliest.",
        group=CHOICE,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        1.0,
        "Only the likeliest words of this total share.",
        group=CHOICE,
        low=0.01,
        high=1.0,
    )
    markdown: str | None = option(
        None, "Markdown file to write.", group=OUTPUT, takes="FILE"
    )


def run(options: EvaluateOptions) -> int:
    """Prints the likelihood of validation texts and the scores of written ones.

    Returns:
        0.
    """
    files = [Path(options.markdown)] if options.markdown else []
    check_outputs(files, options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.environment import command_line
    from gancore.io.tables import write_text
    from textgan.evaluation.evaluator import Evaluator

    bench = Evaluator([options.model], options)
    (name,) = bench.text_generators
    written = bench.write(name, options.sampler())
    report = bench.report([*bench.real_rows(), bench.row(name, written)])
    print(report.as_text())
    for file in files:
        command = command_line("python -m textgan evaluate", options)
        title = f"Scores of {options.model}"
        write_text(file, report.as_markdown(title, command))
    return 0
