import csv
import re

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from srgan import Generator
from srgan.commands import benchmark, evaluate
from srgan.commands.benchmark import BenchmarkOptions
from srgan.commands.evaluate import EvaluateOptions
from srgan.data.dead_leaves import dead_leaves
from srgan.image_io.files import write_png


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two test sets and two models, one of them with a constant error."""
    monkeypatch.chdir(tmp_path)
    for name, seeds in (("One", (1, 2, 3)), ("Two", (4,))):
        (tmp_path / name).mkdir()
        for seed in seeds:
            write_png(tmp_path / name / f"{seed}.png", dead_leaves(40, seed))
    for name, shift in (("good", 0.0), ("bad", 1.0)):
        network = Generator(2, blocks=1, filters=4)
        tail = network.get_layer("tail")
        tail.set_weights([tail.get_weights()[0], np.full(3, shift, "float32")])
        save_h5(network, tmp_path / f"{name}.h5", {"package": "srgan"})
    return tmp_path


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_evaluate_prints_and_writes_a_table(files, capsys):
    options = EvaluateOptions(
        model="good.h5", data=("One", "Two"), csv="s.csv", markdown="s.md"
    )
    assert evaluate.run(options) == 0
    printed = capsys.readouterr().out
    assert "x2; PSNR and SSIM on Y, a border of 2 pixels" in printed
    rows = read_csv(files / "s.csv")
    assert [(row["set"], row["image"]) for row in rows] == [
        ("One", "1.png"), ("One", "2.png"), ("One", "3.png"), ("One", "mean"),
        ("Two", "4.png"), ("Two", "mean"),
    ]  # fmt: skip
    decibels = [float(row["PSNR"]) for row in rows]
    assert decibels[3] == pytest.approx(np.mean(decibels[:3]), abs=1e-3)
    for row in rows:
        assert f"{float(row['PSNR']):.2f}" in printed
    report = (files / "s.md").read_text(encoding="utf-8")
    typed = "evaluate good.h5 --csv s.csv --markdown s.md --data One Two"
    assert f"`python -m srgan {typed}`" in report


def test_a_self_ensemble_is_scored(files):
    network = Generator(2, blocks=1, filters=4)
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign_add(random.normal(0, 0.1, weight.shape))
    save_h5(network, files / "odd.h5", {"package": "srgan"})
    decibels = []
    for name in ("plain", "mean"):
        options = EvaluateOptions(
            model="odd.h5",
            data=("One",),
            csv=f"{name}.csv",
            self_ensemble=name == "mean",
        )
        assert evaluate.run(options) == 0
        decibels.append(float(read_csv(files / f"{name}.csv")[-1]["PSNR"]))
    # The mean of eight outputs has less error than most of them.
    assert decibels[1] > decibels[0] + 0.1
    gan = {"data": ("One",), "self_ensemble": True}
    with pytest.raises(UserError, match="against a discriminator"):
        evaluate.run(EvaluateOptions(model="compact-x4-gan", **gan))
    with pytest.raises(UserError, match="against a discriminator"):
        benchmark.run(BenchmarkOptions(models=("compact-x4-gan",), **gan))


def test_evaluate_skips_an_unreadable_file_and_reports_it(files, capsys):
    (files / "One" / "0.png").write_text("text")
    options = EvaluateOptions(model="good.h5", data=("One",))
    assert evaluate.run(options) == 1
    shown = capsys.readouterr()
    assert "0.png: not an image" in shown.err
    assert "3.png" in shown.out and "0.png" not in shown.out


def test_files_are_not_overwritten_by_default(files):
    (files / "s.csv").write_text("precious")
    options = EvaluateOptions(model="good.h5", data=("One",), csv="s.csv")
    with pytest.raises(UserError, match=r"s\.csv exists already"):
        evaluate.run(options)
    assert (files / "s.csv").read_text() == "precious"
    options = EvaluateOptions(model="good.h5", data=("One",), csv="no/s.csv")
    with pytest.raises(UserError, match="the folder no does not exist"):
        evaluate.run(options)


def test_benchmark_scores_all_models_on_all_sets(files, capsys):
    options = BenchmarkOptions(
        models=("good.h5", "bad.h5"),
        data=("One", "Two"),
        repeats=2,
        out="report",
    )
    assert benchmark.run(options) == 0
    printed = capsys.readouterr().out
    table = [line.split() for line in printed.splitlines()[1:8]]
    assert table[0][:3] == ["set", "model", "PSNR"]
    assert [line[:2] for line in table[1:]] == [
        [name, model]
        for name in ("One", "Two")
        for model in ("bicubic", "good", "bad")
    ]
    decibels = [float(line[2]) for line in table[1:]]
    # A network that is 16 levels too bright (on Y 16 x 219/255 = 13.7).
    expected = 10 * np.log10(255**2 / 13.7**2)
    assert decibels[1] > decibels[2] > expected - 6
    assert decibels[2] < expected
    ratios = [float(line[-1]) for line in table[1:] if line[1] != "bicubic"]
    assert ratios[1] == ratios[3] == 1.0
    assert len(table[1]) == len(table[2]) - 2  # bicubic has no speed

    rows = read_csv(files / "report" / "benchmark.csv")
    assert len(rows) == 3 * (3 + 1) + 3 * (1 + 1)
    report = (files / "report/benchmark.md").read_text(encoding="utf-8")
    assert "`python -m srgan benchmark --models good.h5 bad.h5" in report
    assert re.search(r"- date: \d{4}-\d\d-\d\d", report)
    with Image.open(files / "report" / "benchmark.png") as figure:
        assert figure.width > 500
    with pytest.raises(UserError, match=r"benchmark\.csv exists already"):
        benchmark.run(options)


def test_degraded_sets_are_scored_beside_bicubic(files, capsys):
    options = BenchmarkOptions(
        models=("good.h5",), data=("One",), degraded=True, repeats=1
    )
    assert benchmark.run(options) == 0
    printed = capsys.readouterr().out
    assert "low resolution by Pillow's antialiased bicubic" in printed
    assert "flat noise" in printed
    means = {
        (row["set"], row["model"]): float(row["PSNR"])
        for row in read_csv(files / "benchmark/benchmark.csv")
        if row["image"] == "mean"
    }
    assert len(means) == 2 * 5
    assert means["One clean", "bicubic"] > means["One jpeg75", "bicubic"]
    assert means["One jpeg75", "bicubic"] > means["One jpeg40", "bicubic"]
    report = (files / "benchmark/benchmark.md").read_text(encoding="utf-8")
    assert "| good |" in report and "lattice" in report


def test_unreadable_file_is_reported_once(files, capsys):
    (files / "One" / "0.png").write_text("text")
    options = BenchmarkOptions(models=("good.h5",), data=("One",), repeats=1)
    assert benchmark.run(options) == 1
    assert capsys.readouterr().err.count("0.png") == 1
    assert not any(
        row["ratio"] for row in read_csv(files / "benchmark/benchmark.csv")
    )


@pytest.mark.integration
def test_strengths_of_denoising_are_models_of_their_own(files):
    options = BenchmarkOptions(
        models=("photo-x2",), denoise=(0.0, 0.5), data=("Two",), repeats=1
    )
    assert benchmark.run(options) == 0
    rows = read_csv(files / "benchmark/benchmark.csv")
    means = {r["model"]: float(r["PSNR"]) for r in rows if r["image"] == "mean"}
    assert list(means) == [
        "bicubic", "photo-x2 denoise 0", "photo-x2 denoise 0.5"
    ]  # fmt: skip
    # The images are clean.
    assert means["photo-x2 denoise 0"] > means["photo-x2 denoise 0.5"]


def test_models_of_different_scales_are_an_error(files):
    save_h5(Generator(3, 1, 4), files / "three.h5", {"package": "srgan"})
    options = BenchmarkOptions(models=("good.h5", "three.h5"), data=("One",))
    with pytest.raises(UserError, match=r"good\.h5 upscales x2 and three\.h5"):
        benchmark.run(options)


@pytest.mark.parametrize("out", ["report", "new/report"])
def test_failed_benchmark_leaves_no_folder(files, out):
    options = BenchmarkOptions(models=("absent.h5",), data=("One",), out=out)
    before = sorted(files.iterdir())
    with pytest.raises(UserError, match="no model absent"):
        benchmark.run(options)
    assert sorted(files.iterdir()) == before


@pytest.mark.parametrize("out", ["good.h5", "good.h5/report"])
def test_impossible_output_folder_is_an_error_before_the_work(files, out):
    options = BenchmarkOptions(models=("absent.h5",), data=("One",), out=out)
    with pytest.raises(UserError, match=r"good\.h5 is a file"):
        benchmark.run(options)


def test_invalid_options_are_an_error():
    with pytest.raises(UserError, match="--reference is c, not one of"):
        BenchmarkOptions(models=("a", "b"), reference="c")
    with pytest.raises(UserError, match="--models without --denoise"):
        BenchmarkOptions(models=("a",), reference="a", denoise=(0.5,))
    with pytest.raises(UserError, match="names a strength twice"):
        BenchmarkOptions(models=("a",), denoise=(0.5, 0.5))
    with pytest.raises(UserError, match="--feature_layers takes --features"):
        BenchmarkOptions(feature_layers=("conv",))
    with pytest.raises(UserError, match="--feature_layers takes --features"):
        EvaluateOptions(model="a", feature_layers=("conv",))
    with pytest.raises(UserError, match="names a model twice"):
        BenchmarkOptions(models=("a", "a"))


def test_perceptual_distance_is_a_column(files, capsys, outside):
    features = outside("perceptual/vgg16_features.h5")
    distances = {}
    for model in ("good", "bad"):
        options = EvaluateOptions(
            model=f"{model}.h5",
            data=("Two",),
            features=str(features),
            csv=f"{model}.csv",
        )
        assert evaluate.run(options) == 0
        distances[model] = float(
            read_csv(files / f"{model}.csv")[0]["distance"]
        )
    assert 0 < distances["good"] < distances["bad"] < 4
