"""The commands that score, on small models the tests make."""

import csv
import dataclasses

import matplotlib.image
import pytest

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from textgan import Config, Generator, Vocabulary
from textgan.commands import benchmark, evaluate
from textgan.commands.benchmark import BenchmarkOptions
from textgan.commands.evaluate import EvaluateOptions
from textgan.data.corpus import load_corpus


@pytest.fixture
def folder(tmp_path):
    """Real texts, and two models of the same words."""
    texts = [
        f"the {a} {verb} a {b}."
        for a in "cat dog man girl bird".split()
        for b in "cat dog man girl bird".split()
        for verb in ("sees", "likes", "hears")
    ]
    (tmp_path / "train.txt").write_text("\n".join(texts[::2]))
    (tmp_path / "test.txt").write_text("\n".join(texts[1::2]))
    words = [[*text[:-1].split(), "."] for text in texts]
    vocabulary = Vocabulary.build(words, 100)
    about = {"package": "textgan", "vocabulary": vocabulary.words}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        save_h5(
            Generator(len(vocabulary), 4, 6),
            tmp_path / f"{name}/model.h5",
            about,
        )
    return tmp_path


def options(kind, folder, **settings):
    return kind(
        train=str(folder / "train.txt"),
        test=str(folder / "test.txt"),
        count=40,
        **settings,
    )


def test_evaluate_prints_likelihood_scores_and_signatures(folder, capsys):
    report = folder / "report.md"
    settings = options(
        EvaluateOptions,
        folder,
        model=str(folder / "one/model.h5"),
        markdown=str(report),
    )
    assert evaluate.run(settings) == 0
    printed = capsys.readouterr().out
    # An untrained model of 10 words and marks guesses among them.
    assert "Kneser-Ney 4-gram" in printed
    table = printed.split("\n\n")[0].splitlines()
    perplexity = {
        line[:17].rstrip(): float(line.split()[-3]) for line in table[1:]
    }
    untrained, known = perplexity["model"], perplexity["Kneser-Ney 3-gram"]
    assert known < untrained == pytest.approx(15, rel=0.1)
    assert "BLEU-n|hyp:37,38,40|ref:37" in printed
    text = report.read_text()
    assert "python -m textgan evaluate" in text and "| model |" in text
    with pytest.raises(UserError, match="--overwrite"):
        evaluate.run(settings)


def test_benchmark_writes_a_table_and_a_figure(folder):
    out = folder / "out"
    (folder / "theirs.txt").write_text("the cat sees a dog .\na man .\n" * 9)
    settings = options(
        BenchmarkOptions,
        folder,
        models=(str(folder / "one/model.h5"), str(folder / "two/model.h5")),
        samples=(str(folder / "theirs.txt"),),
        temperatures=(0.5, 1.0),
        ngrams=(2, 3),
        out=str(out),
    )
    assert benchmark.run(settings) == 0
    with (out / "benchmark.csv").open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    assert list(rows) == [
        "real, learnt from",
        "real, validation",
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
    assert rows["real, validation"]["BLEU-2"] == ""
    assert "Kneser-Ney 2-gram" in (out / "benchmark.md").read_text()
    image = matplotlib.image.imread(out / "benchmark.png")
    assert image[..., :3].std() > 0.05


def test_characters_drawn_by_ngrams_are_measured_as_drawn(folder):
    settings = options(
        BenchmarkOptions,
        folder,
        models=(str(folder / "one/model.h5"),),
        tokens="char",
        ngrams=(6,),
        temperatures=(1.0,),
        out=str(folder / "out"),
    )
    assert benchmark.run(settings) == 0
    with (folder / "out/benchmark.csv").open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    assert float(rows["6-gram sampler"]["new 4-grams %"]) == 0.0
    assert float(rows["6-gram sampler"]["BLEU-4"]) > 0.8


def test_all_rows_have_at_most_the_count(folder):
    (folder / "theirs.txt").write_text("the cat sees a dog .\n" * 90)
    settings = options(
        BenchmarkOptions,
        folder,
        models=(str(folder / "one/model.h5"),),
        samples=(str(folder / "theirs.txt"),),
        temperatures=(1.0,),
        out=str(folder / "out"),
    )
    settings = dataclasses.replace(settings, count=20)
    assert benchmark.run(settings) == 0
    with (folder / "out/benchmark.csv").open() as file:
        assert {row["texts"] for row in csv.DictReader(file)} == {"20"}


def test_a_model_finds_the_texts_of_its_own_training(tmp_path, capsys):
    lines = [f"the number {'i' * n} is a good one" for n in range(1, 60)]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines))
    config = Config(dataset=str(path), validation_fraction=0.2)
    corpus = load_corpus(path, validation_fraction=0.2)
    vocabulary = Vocabulary.build(corpus.train, 100)
    about = {
        "package": "textgan",
        "vocabulary": vocabulary.words,
        "config": vars(config),
        "data": corpus.facts(),
    }
    model = tmp_path / "model.h5"
    save_h5(Generator(len(vocabulary), 4, 6), model, about)
    settings = EvaluateOptions(model=str(model), count=40)
    assert evaluate.run(settings) == 0
    printed = capsys.readouterr().out
    assert f"ref:{len(corpus.valid)}|" in printed
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(UserError, match="texts, not the"):
        evaluate.run(settings)
    path.write_text("\n".join([*lines[:-1], "the number none is no good one"]))
    with pytest.raises(UserError, match="gives other texts"):
        evaluate.run(settings)


def test_wrong_settings_are_refused(folder):
    with pytest.raises(UserError, match="given together"):
        EvaluateOptions(model="m.h5", train="a.txt")
    with pytest.raises(UserError, match="names one twice"):
        BenchmarkOptions(models=("a.h5", "a.h5"))
    (folder / "one.txt").write_text("only one\n")
    with pytest.raises(UserError, match="fewer than two texts"):
        evaluate.run(
            EvaluateOptions(
                model=str(folder / "one/model.h5"),
                train=str(folder / "train.txt"),
                test=str(folder / "one.txt"),
            )
        )
