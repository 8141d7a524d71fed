"""The command `evaluate` on small models."""

import pytest

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
