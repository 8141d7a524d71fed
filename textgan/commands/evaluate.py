"""The command `evaluate`: perplexity of a model, and scores of texts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.config_fields import option, positional
from gancore.errors import UserError, first_few
from gancore.io.paths import check_outputs
from gancore.training import tf_setup
from gancore.training.config import DATA, OUTPUT
from textgan.evaluation.options import ScoringOptions
from textgan.inference.sampler_config import DECODING, SamplerConfig

if TYPE_CHECKING:
    from textgan.evaluation.report import Report


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluateOptions(SamplerConfig, ScoringOptions):
    """Options of `python -m textgan evaluate`."""

    model: str | None = positional(
        "Generator: name of pretrained weights, or an .h5 file; none is needed "
        "for --samples.",
        takes="FILE",
        optional=True,
    )
    samples: tuple[str, ...] = option(
        (),
        "Files of texts to score against --train and --test, in place of a "
        "model's or beside them; - is standard input.",
        group=DATA,
        takes="FILE",
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
    csv: str | None = option(
        None, "CSV file of the scores to write.", group=OUTPUT, takes="FILE"
    )
    markdown: str | None = option(
        None, "Markdown file to write.", group=OUTPUT, takes="FILE"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model:
            return
        if not self.samples:
            raise UserError("give a MODEL, or files of texts after --samples")
        if not self.train:
            raise UserError(
                "--samples without a MODEL takes --train and --test"
            )
        sampling = [field.name for field in dataclasses.fields(SamplerConfig)]
        changed = [
            f"--{field.name}"
            for field in dataclasses.fields(self)
            if field.name in (*sampling, "encoder")
            and getattr(self, field.name) != field.default
        ]
        if changed:
            raise UserError(f"{first_few(changed)} takes a MODEL")


def run(options: EvaluateOptions) -> int:
    """Prints the perplexity on test texts, and scores of texts.

    Returns:
        0.

    Raises:
        UserError: If the model or a file cannot be used.
    """
    outputs = [Path(f) for f in (options.csv, options.markdown) if f]
    check_outputs(outputs, options.overwrite)
    if options.model:
        report = _evaluate(options.model, options)
    else:
        from textgan.evaluation.samples import score_samples

        report = score_samples(options.samples, options)

    from gancore.io.tables import as_csv, write_text

    print(report.as_text(None) if options.wide else report.as_text())
    if options.csv:
        write_text(Path(options.csv), as_csv(report.scores))
    if options.markdown:
        from gancore.environment import command_line

        command = command_line("python -m textgan evaluate", options)
        title = f"Scores of {options.model or 'texts'}"
        write_text(Path(options.markdown), report.as_markdown(title, command))
    return 0


def _evaluate(model: str, options: EvaluateOptions) -> Report:
    """Evaluates a model, and the files of texts beside it."""
    tf_setup.set_up_inference(0)

    from textgan.evaluation.evaluator import Evaluator
    from textgan.evaluation.samples import read_samples

    samples = read_samples(options.samples, options)
    evaluator = Evaluator([model], options)
    (name,) = evaluator.text_generators
    texts = evaluator.generate(name, options.sampler())
    rows = [*evaluator.reference_rows(), evaluator.score_row(name, texts)]
    rows += [evaluator.score_row(*sample) for sample in samples.items()]
    return evaluator.report(rows)
