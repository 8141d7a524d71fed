import json

import numpy as np
import pytest

from gancore.saving.model_io import save_h5
from textgan import Generator, Vocabulary
from textgan.commands.publish import PublishOptions, run


@pytest.mark.parametrize(
    ("level", "latent_dim", "separator"), [("word", 0, " "), ("char", 3, "")]
)
def test_the_example_generates_tokens_of_the_vocabulary(
    level, latent_dim, separator, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    vocabulary = Vocabulary.build([["a", "b", "c", "d"]], 9, level=level)
    metadata = {
        "package": "textgan",
        "data": {"name": "puns", "train": 12345},
        "scores": {"val_nll": 4.25, "val_perplexity": None},
        "vocabulary": vocabulary.words,
        "level": level,
    }
    network = Generator(len(vocabulary), 4, 4, latent_dim=latent_dim)
    save_h5(network, tmp_path / "m.h5", metadata)
    assert run(PublishOptions(model="m.h5", license="mit")) == 0
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert 'pipeline_tag: "text-generation"' in card
    assert "`puns`: 12,345 training" in card
    assert "| nats per token | 4.25 |" in card and "perplexity" not in card
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert config["vocabulary"] == vocabulary.words

    monkeypatch.chdir(tmp_path / "m")
    example = card.split("```python\n")[1].split("```")[0]
    capsys.readouterr()
    random = np.random.default_rng(0)
    monkeypatch.setattr(np.random, "default_rng", lambda: random)
    texts = []
    for _ in range(8):
        exec(example, {})
        texts.append(capsys.readouterr().out.rstrip("\n"))
    tokens = {
        token
        for text in texts
        for token in (text.split(separator) if separator else text)
    }
    assert tokens <= {"", "a", "b", "c", "d"} and len(tokens) > 2


def test_pretrained_weights_are_published_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(PublishOptions(model="jokes"))
    card = (tmp_path / "jokes" / "README.md").read_text(encoding="utf-8")
    assert 'license: "apache-2.0"' in card
    assert "Limits: it models how jokes" in card
    assert "Kneser-Ney" in card and card.count("\n# ") == 1
