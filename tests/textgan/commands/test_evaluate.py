"""The command `evaluate` on small models."""

import csv
import io
import types

import pytest

from gancore.cli.options import parse
from gancore.config_fields import flat_dict
from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from textgan import Config, Generator, Vocabulary
from textgan.commands.evaluate import EvaluateOptions, run
from textgan.data.corpus import load_corpus


def test_it_prints_perplexities_scores_and_signatures(
    reference_folder, make_options, capsys
):
    report = reference_folder / "report.md"
    options = make_options(
        EvaluateOptions,
        model=str(reference_folder / "one/model.h5"),
        markdown=str(report),
    )
    assert run(options) == 0
    printed = capsys.readouterr().out
    assert "Kneser-Ney 4-gram" in printed
    table = printed.split("\n\n")[0].splitlines()
    perplexity = {
        line[:17].rstrip(): float(line.split()[-3]) for line in table[1:]
    }
    # An untrained model is nearly uniform over its tokens.
    untrained, ngram = perplexity["model"], perplexity["Kneser-Ney 3-gram"]
    assert ngram < untrained == pytest.approx(15, rel=0.1)
    assert "BLEU-n|hyp:37,38,40|ref:37" in printed
    text = report.read_text()
    assert "python -m textgan evaluate" in text and "| model |" in text
    with pytest.raises(UserError, match="--overwrite"):
        run(options)


def test_a_model_names_its_own_dataset(tmp_path, capsys):
    lines = [f"the number {'i' * n} is a good one" for n in range(1, 60)]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines))
    config = Config(dataset=str(path), validation_fraction=0.2)
    corpus = load_corpus(path, validation_fraction=0.2)
    vocabulary = Vocabulary.build(corpus.train, 100)
    about = {
        "package": "textgan",
        "vocabulary": vocabulary.words,
        "config": flat_dict(config),
        "data": corpus.facts(),
    }
    model = tmp_path / "model.h5"
    save_h5(Generator(len(vocabulary), 4, 6), model, about)
    options = EvaluateOptions(model=str(model), count=40)
    assert run(options) == 0
    printed = capsys.readouterr().out
    assert f"ref:{len(corpus.valid)}|" in printed
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(UserError, match="texts, not the"):
        run(options)
    path.write_text("\n".join([*lines[:-1], "the number none is no good one"]))
    with pytest.raises(UserError, match="gives other texts"):
        run(options)


def test_wrong_options_are_refused(reference_folder, make_options):
    with pytest.raises(UserError, match="given together"):
        EvaluateOptions(model="m.h5", train="a.txt")
    (reference_folder / "one.txt").write_text("only one\n")
    with pytest.raises(UserError, match="fewer than two texts"):
        run(
            make_options(
                EvaluateOptions,
                model=str(reference_folder / "one/model.h5"),
                test=str(reference_folder / "one.txt"),
            )
        )


FEW = {
    # Of two texts each, so that the scores are counted by hand.
    "train": "the cat sat\nthe dog ran\n",
    "test": "a cat sat\na dog ran\n",
    "mine": "the cat sat\nthe cat sat\n",
}


@pytest.fixture
def few(tmp_path):
    """Folder with small files of texts."""
    for name, texts in FEW.items():
        (tmp_path / f"{name}.txt").write_text(texts)
    return tmp_path


def test_texts_are_scored_without_a_model(few, capsys, monkeypatch):
    options = EvaluateOptions(
        samples=(str(few / "mine.txt"), "-"),
        train=str(few / "train.txt"),
        test=str(few / "test.txt"),
        csv=str(few / "out.csv"),
    )
    stdin = io.BytesIO(b"a dog sat\na cat ran\n")
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=stdin))
    assert run(options) == 0
    with (few / "out.csv").open(newline="") as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    assert list(rows) == [
        "real, training set",
        "real, test set",
        "mine",
        "standard input",
    ]
    columns = "unique %", "copied %", "distinct-2", "words", "Frechet"
    # Both texts are the same and one of the training set; 2 of 4 bigrams.
    found = [rows["mine"][column] for column in columns]
    assert found == ["50", "100", "0.5", "3", ""]
    # All bigrams differ.
    found = [rows["standard input"][column] for column in columns]
    assert found == ["100", "0", "1", "3", ""]
    printed = capsys.readouterr().out
    assert "nats/word" not in printed
    tables = [line for line in printed.splitlines() if line[:1] != " "]
    assert max(map(len, tables)) <= 100
    assert sum(line.startswith("mine") for line in tables) == 2


def test_wide_tables_are_in_one_piece(few, capsys):
    files = {name: str(few / f"{name}.txt") for name in ("train", "test")}
    samples = (str(few / "mine.txt"),)
    run(EvaluateOptions(samples=samples, wide=True, **files))
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("mine") for line in lines) == 1
    assert max(map(len, lines)) > 100


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "give a MODEL, or files of texts after --samples"),
        ({"samples": ("a.txt",)}, "takes --train and --test"),
        ({"temperature": 0.5}, "--temperature takes a MODEL"),
        ({"encoder": "a.h5"}, "--encoder takes a MODEL"),
    ],
)
def test_options_without_a_model_are_checked(options, complaint):
    if len(options) and "samples" not in options:
        options = {"samples": ("a",), "train": "b", "test": "c", **options}
    with pytest.raises(UserError, match=complaint):
        EvaluateOptions(**options)


def test_the_command_line_takes_no_model_for_texts():
    words = "--samples a.txt b.txt --train c.txt --test d.txt".split()
    options = parse(EvaluateOptions, "Scores.", words)
    assert (options.model, options.samples) == (None, ("a.txt", "b.txt"))
    options = parse(EvaluateOptions, "Scores.", ["m.h5", *words])
    assert options.model == "m.h5"


def test_standard_input_is_read_once(few):
    options = EvaluateOptions(
        samples=("-",), train="-", test=str(few / "test.txt")
    )
    with pytest.raises(UserError, match="only one file can be -"):
        run(options)
