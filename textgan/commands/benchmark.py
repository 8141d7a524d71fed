"""The command `benchmark`: compares models, real texts and n-grams."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.io.paths import check_folder, check_outputs, create_folder
from gancore.training import tf_setup
from gancore.training.config import DATA, OUTPUT
from textgan.evaluation.options import ScoringOptions

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchmarkOptions(ScoringOptions):
    """Options of `python -m textgan benchmark`."""

    models: tuple[str, ...] = option(
        ("jokes",),
        "Generators: names of pretrained weights, or .h5 files.",
        group=DATA,
        takes="FILE",
    )
    samples: tuple[str, ...] = option(
        (),
        "Files of samples of other models, to score as well.",
        group=DATA,
        takes="FILE",
    )
    temperatures: tuple[float, ...] = option(
        (0.7, 0.8, 0.9, 1.0, 1.1),
        "Sampling temperatures at which each model is scored.",
        group=DATA,
        low=0.01,
        high=100.0,
    )
    ngrams: tuple[int, ...] = option(
        (2, 3, 4),
        "Orders of the n-gram samplers to compare with.",
        group=DATA,
        unit="tokens",
        low=2,
        high=10,
    )
    out: str = option(
        "benchmark",
        "Folder for benchmark.csv, benchmark.md and benchmark.png.",
        group=OUTPUT,
        takes="FOLDER",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("models", "samples", "temperatures", "ngrams"):
            values = getattr(self, name)
            if name == "samples":
                values = [Path(value).stem for value in values]
            if len(set(values)) < len(values):
                raise UserError(f"--{name} has a duplicate")


def run(options: BenchmarkOptions) -> int:
    """Prints and saves the tables of perplexity and scores, and plots them.

    Returns:
        0.

    Raises:
        UserError: If a model or a file cannot be used.
    """
    folder = Path(options.out)
    check_folder(folder)
    csv, markdown, figure = (
        folder / f"benchmark.{kind}" for kind in ("csv", "md", "png")
    )
    if folder.is_dir():
        check_outputs([csv, markdown, figure], options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.environment import command_line
    from gancore.io.tables import as_csv, write_text
    from textgan.evaluation.evaluator import Evaluator
    from textgan.evaluation.ngram_sampler import sample_ngrams
    from textgan.evaluation.plot import plot_quality_diversity
    from textgan.evaluation.samples import read_samples
    from textgan.evaluation.tokenizers import DETOKENIZERS
    from textgan.inference.samplers import Temperature

    samples = read_samples(options.samples, options)
    evaluator = Evaluator(options.models, options)
    rows = evaluator.reference_rows()

    def score(
        name: str, texts: list[str], tokenized: list[list[str]] | None = None
    ) -> None:
        logger.info(f"scoring {name}")
        rows.append(evaluator.score_row(name, texts, tokenized))

    # === Scores ===
    for order in options.ngrams:
        tokenized = sample_ngrams(evaluator.scorer.train, order, options.count)
        detokenize = DETOKENIZERS[options.tokens]
        texts = [detokenize(tokens) for tokens in tokenized]
        score(f"{order}-gram sampler", texts, tokenized)
    for name, texts in samples.items():
        score(name, texts)
    curves: dict[str, list[str]] = {}
    for name in evaluator.text_generators:
        for temperature in options.temperatures:
            title = f"{name}, T={temperature:g}"
            score(title, evaluator.generate(name, Temperature(temperature)))
            curves.setdefault(name, []).append(title)

    # === Report ===
    report = evaluator.report(rows)
    create_folder(folder)
    print(report.as_text(None) if options.wide else report.as_text())
    command = command_line("python -m textgan benchmark", options)
    write_text(csv, as_csv(rows))
    write_text(markdown, report.as_markdown("Benchmark", command))
    plot_quality_diversity(rows, curves, figure)
    print(f"Saved to {folder.resolve()}")
    return 0
