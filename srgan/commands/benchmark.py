"""The command `benchmark`: compares bicubic and models on test sets."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.io.paths import check_folder, check_outputs, create_folder
from gancore.training import tf_setup
from gancore.training.config import DATA, OUTPUT
from srgan.evaluation.options import ScoringOptions

_SPEED = "speed"


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchmarkOptions(ScoringOptions):
    """Options of `python -m srgan benchmark`."""

    models: tuple[str, ...] = option(
        ("compact-x4", "compact-x4-gan"),
        "SR models of one scale: names of pretrained weights, or .h5 files.",
        group=DATA,
        takes="FILE",
    )
    degraded: bool = option(
        False,
        "Score on seeded degradations of each set (clean, JPEG, noise, blur) "
        "in place of MATLAB's bicubic, and measure artifacts.",
        group=DATA,
    )
    denoise: tuple[float, ...] = option(
        (),
        "Score the models at each of these strengths of denoising.",
        group=DATA,
        low=0.0,
        high=1.0,
    )
    reference: str | None = option(
        None,
        "Model to whose speed the others are compared; without it, the last "
        "of several.",
        group=_SPEED,
        takes="NAME",
    )
    repeats: int = option(
        5,
        "Timed rounds; their median is reported.",
        group=_SPEED,
        unit="rounds",
        low=1,
        high=1_000,
    )
    out: str = option(
        "benchmark",
        "Folder for benchmark.csv, benchmark.md and benchmark.png.",
        group=OUTPUT,
        takes="FOLDER",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.models)) < len(self.models):
            raise UserError("--models names a model twice")
        if self.reference and self.reference not in self.models:
            raise UserError(
                f"--reference is {self.reference}, not one of --models"
            )
        if self.reference and self.denoise:
            raise UserError("--reference is for --models without --denoise")
        if len(set(self.denoise)) < len(self.denoise):
            raise UserError("--denoise names a strength twice")


def run(options: BenchmarkOptions) -> int:
    """Prints and writes a table, and draws a figure.

    Returns:
        0, or 1 if a file could not be read.
    """
    folder = Path(options.out)
    csv, markdown, figure = _outputs(folder, options.overwrite)
    tf_setup.set_up_inference(0)

    from gancore.environment import command_line, environment_of_run
    from gancore.io.tables import as_csv, as_text, write_text
    from srgan.evaluation.artifacts import ARTIFACT_DIGITS, artifact_rows
    from srgan.evaluation.crops import choose_crops
    from srgan.evaluation.degraded import DEGRADATIONS
    from srgan.evaluation.evaluator import downscale, score_set
    from srgan.evaluation.figure import draw_crops
    from srgan.evaluation.methods import BICUBIC, load_methods
    from srgan.evaluation.perceptual_distance import feature_distance
    from srgan.evaluation.report import (
        DIGITS,
        benchmark_rows,
        markdown_report,
        mean_rows,
        protocol,
    )
    from srgan.evaluation.speed import measure_speed
    from srgan.evaluation.test_sets import find_sets, read_hr

    sets = find_sets(options.data, every=options.every)
    methods, scale = load_methods(
        options.models, options.denoise, self_ensemble=options.self_ensemble
    )
    distance = feature_distance(
        options.features, options.feature_layers, options.feature_preprocessing
    )

    # === Scores ===
    evaluations = {}
    skipped = 0
    degradations = list(DEGRADATIONS) if options.degraded else [None]
    for (set_name, hr_files), degradation in itertools.product(
        sets.items(), degradations
    ):
        title = f"{set_name} {degradation}" if degradation else set_name
        for name, method in methods.items():
            print(f"scoring {name} on {title}", file=sys.stderr, flush=True)
            evaluation = score_set(
                method, hr_files, scale, distance, degradation
            )
            evaluations[title, name] = evaluation
            for image in evaluation.skipped:
                # Reported once: the next methods skip it.
                del hr_files[image]
                skipped += 1

    # === Speed ===
    networks = {n: e for n, e in methods.items() if n != BICUBIC}
    first_set = next(iter(sets.values()))
    first = read_hr(next(iter(first_set.values())), scale)
    speeds = measure_speed(networks, downscale(first, scale), options.repeats)
    reference = list(networks)[-1] if len(networks) > 1 else None
    if options.reference:
        reference = list(networks)[options.models.index(options.reference)]

    # === Report ===
    create_folder(folder)
    rows = benchmark_rows(evaluations, speeds, reference)
    artifacts = (
        artifact_rows(methods, list(first_set.values()), scale)
        if options.degraded
        else []
    )
    print(protocol(scale, options.degraded))
    print(as_text(mean_rows(rows), DIGITS))
    if artifacts:
        print(as_text(artifacts, ARTIFACT_DIGITS))
    command = command_line("python -m srgan benchmark", options)
    facts = environment_of_run(command)
    write_text(csv, as_csv(rows))
    write_text(
        markdown,
        markdown_report("Benchmark", scale, mean_rows(rows), facts, artifacts),
    )
    comparisons = choose_crops(
        methods, sets, evaluations, scale, degradations[-1]
    )
    draw_crops(comparisons, figure)
    print(f"Written to {folder.resolve()}")
    return 1 if skipped else 0


def _outputs(folder: Path, overwrite: bool) -> list[Path]:
    """Returns the paths to write, and checks that they can be written."""
    check_folder(folder)
    paths = [folder / f"benchmark.{kind}" for kind in ("csv", "md", "png")]
    if folder.is_dir():
        check_outputs(paths, overwrite)
    return paths
