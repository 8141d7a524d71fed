import re

import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from textgan import Generator, Vocabulary
from textgan.commands.oracle import OracleOptions, run
from textgan.evaluation.oracle import (
    LENGTH,
    Oracle,
    ids_to_texts,
    texts_to_ids,
)


def as_keras(oracle):
    """Builds the same network of Keras layers."""
    w = oracle.weights
    order = ("i", "f", "c", "og")
    kernel, recurrent, bias = (
        np.concatenate([w[f"{kind}{gate}"] for gate in order], axis=-1)
        for kind in "WUb"
    )
    model = keras.Sequential(
        [
            keras.layers.Embedding(5_000, 32),
            keras.layers.LSTM(32, return_sequences=True),
            keras.layers.Dense(5_000, activation="softmax"),
        ]
    )
    model.build((None, LENGTH))
    model.set_weights(
        [w["embedding"], kernel, recurrent, bias, w["Wo"], w["bo"]]
    )
    return model


def test_the_likelihood_is_that_of_keras_layers():
    oracle = Oracle.random(3)
    texts = oracle.sample(20, 1)
    before = np.pad(texts[:, :-1], ((0, 0), (1, 0)))
    probs = as_keras(oracle)(before).numpy()
    theirs = np.take_along_axis(probs, texts[..., None], -1)
    assert oracle.nll(texts) == pytest.approx(-np.log(theirs).mean(), rel=1e-5)


def test_samples_follow_the_oracles_probabilities():
    oracle = Oracle.random(3)
    texts = oracle.sample(4_000, 1)
    first = as_keras(oracle)(np.zeros((1, 1), int)).numpy()[0, 0]
    word = first.argmax()
    assert (texts[:, 0] == word).mean() == pytest.approx(first[word], abs=0.03)
    np.testing.assert_array_equal(texts, oracle.sample(4_000, 1))
    # Its own texts are more likely than random ones.
    other = np.random.default_rng(1).integers(0, 5_000, texts.shape)
    assert oracle.nll(texts) < oracle.nll(other) - 3


def test_the_published_oracle_has_its_published_likelihood(outside):
    """Published: 5.73 to 5.75 nats per token on its own texts of 20."""
    oracle = Oracle.load(outside("data/text/oracle/seqgan_oracle_lstm.npz"))
    assert oracle.nll(oracle.sample(10_000, 1)) == pytest.approx(5.74, abs=0.03)


def test_ids_survive_the_conversion_to_texts():
    texts = Oracle.random(1).sample(5, 2)
    capitalized = [text.capitalize() for text in ids_to_texts(texts)]
    np.testing.assert_array_equal(texts_to_ids(capitalized), texts)


def test_the_command_saves_texts_and_scores_a_model(tmp_path, capsys):
    path = tmp_path / "texts.txt"
    assert run(OracleOptions(texts=str(path), count=50)) == 0
    lines = path.read_text().splitlines()
    assert len(lines) == 50
    assert all(len(line.split()) == LENGTH for line in lines)
    # An untrained model is nearly uniform.
    vocabulary = Vocabulary.build([[f"w{i}" for i in range(5_000)]], 10_000)
    about = {"package": "textgan", "vocabulary": vocabulary.words}
    save_h5(Generator(len(vocabulary), 4, 6), tmp_path / "m.h5", about)
    capsys.readouterr()
    assert run(OracleOptions(model=str(tmp_path / "m.h5"), count=50)) == 0
    printed = capsys.readouterr().out
    own, theirs, ours = (float(n) for n in re.findall(r": (\S+) nats", printed))
    assert ours == pytest.approx(np.log(5_000), abs=0.05)
    assert theirs > own + 3
    assert "unique texts: 100.0 %" in printed


def test_what_is_no_oracle_is_refused(tmp_path):
    path = tmp_path / "oracle.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot read"):
        Oracle.load(path)
    np.savez(path, embedding=np.zeros(3))
    with pytest.raises(UserError, match="lacks Uc, Uf, Ui"):
        Oracle.load(path)
    with pytest.raises(UserError, match="--texts to sample some, or --model"):
        OracleOptions()


def test_a_model_of_other_texts_is_refused(tmp_path):
    vocabulary = Vocabulary.build([["w1", "cat"]], 10)
    about = {"package": "textgan", "vocabulary": vocabulary.words}
    save_h5(Generator(len(vocabulary), 4, 6), tmp_path / "m.h5", about)
    with pytest.raises(UserError, match="was not trained on an oracle"):
        run(OracleOptions(model=str(tmp_path / "m.h5"), count=50))
