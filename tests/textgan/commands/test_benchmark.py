"""The command `benchmark` on small models."""

import csv

import matplotlib.image
import pytest

from gancore.errors import UserError
from textgan.commands.benchmark import BenchmarkOptions, run


@pytest.fixture
def benchmark(reference_folder, make_options):
    """Runs the command; returns the rows of its CSV by their names."""

    def run_benchmark(models=("one",), **changes):
        out = reference_folder / "out"
        options = make_options(
            BenchmarkOptions,
            models=tuple(
                str(reference_folder / f"{name}/model.h5") for name in models
            ),
            out=str(out),
            **changes,
        )
        assert run(options) == 0
        with (out / "benchmark.csv").open() as file:
            return {row["model"]: row for row in csv.DictReader(file)}

    return run_benchmark


def test_it_saves_a_table_and_a_plot(reference_folder, benchmark):
    samples = reference_folder / "theirs.txt"
    samples.write_text("the cat sees a dog .\na man .\n" * 9)
    rows = benchmark(
        ("one", "two"),
        samples=(str(samples),),
        temperatures=(0.5, 1.0),
        ngrams=(2, 3),
    )
    assert list(rows) == [
        "real, training set",
        "real, test set",
        "2-gram sampler",
        "3-gram sampler",
        "theirs",
        "one/model, T=0.5",
        "one/model, T=1",
        "two/model, T=0.5",
        "two/model, T=1",
    ]
    assert float(rows["theirs"]["texts"]) == 18
    assert float(rows["theirs"]["unique %"]) == pytest.approx(
        200 / 18, rel=1e-4
    )
    assert float(rows["3-gram sampler"]["BLEU-3"]) > 0.8
    assert rows["real, test set"]["BLEU-2"] == ""
    out = reference_folder / "out"
    assert "Kneser-Ney 2-gram" in (out / "benchmark.md").read_text()
    image = matplotlib.image.imread(out / "benchmark.png")
    assert image[..., :3].std() > 0.05


def test_sampled_characters_are_scored_as_sampled(benchmark):
    rows = benchmark(tokens="char", ngrams=(6,), temperatures=(1.0,))
    assert float(rows["6-gram sampler"]["new 4-grams %"]) == 0.0
    assert float(rows["6-gram sampler"]["BLEU-4"]) > 0.8


def test_at_most_count_texts_are_scored(reference_folder, benchmark):
    samples = reference_folder / "theirs.txt"
    samples.write_text("the cat sees a dog .\n" * 90)
    rows = benchmark(samples=(str(samples),), temperatures=(1.0,), count=20)
    assert {row["texts"] for row in rows.values()} == {"20"}


def test_duplicates_are_refused():
    with pytest.raises(UserError, match="--models has a duplicate"):
        BenchmarkOptions(models=("a.h5", "a.h5"))
