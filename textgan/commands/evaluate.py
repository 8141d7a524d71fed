"""The command `evaluate`: perplexity of a model, and scores of its texts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gancore.config_fields import option, positional
from gancore.io.paths import check_outputs
from gancore.training import tf_setup
from gancore.training.config import OUTPUT
from textgan.evaluation.options import ScoringOptions
from textgan.inference.sampler_config import DECODING, SamplerConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluateOptions(SamplerConfig, ScoringOptions):
    """Options of `python -m textgan evaluate`."""

    model: str = positional(
        "Generator: name of pretrained weights, or an .h5 file.", takes="FILE"
    )
    temperature: float = option(
        1.0,
        "Sampling temperature: below 1 sharpens the distribution; 0 is greedy.",
        group=DECODING,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        1.0,
        "Nucleus sampling: only the most likely tokens that together reach "
        "this probability; 1 keeps all.",
        group=DECODING,
        low=0.01,
        high=1.0,
    )
    markdown: str | None = option(
        None, "Markdown file to write.", group=OUTPUT, takes="FILE"
    )


def run(options: EvaluateOptions) -> int:
    """Prints the perplexity on test texts, and scores of generated ones.

    Returns:
        0.

    Raises:
        UserError: If the model or a file cannot be used.
    """
    files = [Path(options.markdown)] if options.markdown else []
    check_outputs(files, options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.environment import command_line
    from gancore.io.tables import write_text
    from textgan.evaluation.evaluator import Evaluator

    evaluator = Evaluator([options.model], options)
    (name,) = evaluator.text_generators
    texts = evaluator.generate(name, options.sampler())
    row = evaluator.score_row(name, texts)
    report = evaluator.report([*evaluator.reference_rows(), row])
    print(report.as_text())
    for file in files:
        command = command_line("python -m textgan evaluate", options)
        title = f"Scores of {options.model}"
        write_text(file, report.as_markdown(title, command))
    return 0
