"""The command `benchmark`: models, real texts and n-grams in one table."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.io.paths import check_folder, check_outputs, make_folder
from gancore.training import tf_setup
from gancore.training.config import DATA, OUTPUT
from textgan.evaluation.options import ScoringOptions


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchmarkOptions(ScoringOptions):
    """Options of `python -m textgan benchmark`."""

    models: tuple[str, ...] = option(
        ("jokes",), "Generators: names, or .h5 files.", group=DATA, takes="FILE"
    )
    samples: tuple[str, ...] = option(
        (), "Files of texts that other models wrote.", group=DATA, takes="FILE"
    )
    temperatures: tuple[float, ...] = option(
        (0.7, 0.8, 0.9, 1.0, 1.1),
        "Each model writes at each of them.",
        group=DATA,
        low=0.01,
        high=100.0,
    )
    ngrams: tuple[int, ...] = option(
        (2, 3, 4),
        "Lengths of n-grams that write by themselves.",
        group=DATA,
        unit="words",
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
                raise UserError(f"--{name} names one twice")


def run(options: BenchmarkOptions) -> int:
    """Prints and writes two tables, and draws the curve.

    Returns:
        0.
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
    from textgan.evaluation.plot import draw_curve
    from textgan.evaluation.references import read_file
    from textgan.evaluation.tokenization import JOINERS
    from textgan.inference.samplers import Temperature

    samples = {
        Path(file).stem: read_file(file, "--samples", options.text_column)
        for file in options.samples
    }
    bench = Evaluator(options.models, options)
    rows = bench.real_rows()

    def score(
        name: str, texts: list[str], words: list[list[str]] | None = None
    ) -> None:
        print(f"scoring {name}", file=sys.stderr, flush=True)
        rows.append(bench.row(name, texts, words))

    # === Scores ===
    for order in options.ngrams:
        drawn = sample_ngrams(bench.scorer.train, order, options.count)
        join = JOINERS[options.tokens]
        score(f"{order}-gram sampler", list(map(join, drawn)), drawn)
    for name, texts in samples.items():
        score(name, texts)
    curves: dict[str, list[str]] = {}
    for name in bench.text_generators:
        for temperature in options.temperatures:
            title = f"{name}, T={temperature:g}"
            score(title, bench.write(name, Temperature(temperature)))
            curves.setdefault(name, []).append(title)

    # === Report ===
    report = bench.report(rows)
    make_folder(folder)
    print(report.as_text())
    command = command_line("python -m textgan benchmark", options)
    write_text(csv, as_csv(rows))
    write_text(markdown, report.as_markdown("Benchmark", command))
    draw_curve(rows, curves, figure)
    print(f"Written to {folder.resolve()}")
    return 0
