import re

import keras
import numpy as np
import pytest

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from textgan import Generator, Vocabulary
from textgan.commands.oracle import OracleOptions, run
from textgan.evaluation.oracle import LENGTH, Oracle, read_numbers, spell


def as_keras(oracle):
    """The same network, of Keras' own layers."""
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


def test_its_likelihood_is_that_of_keras_layers():
    oracle = Oracle.draw(3)
    texts = oracle.write(20, 1)
    before = np.pad(texts[:, :-1], ((0, 0), (1, 0)))
    shares = as_keras(oracle)(before).numpy()
    theirs = np.take_along_axis(shares, texts[..., None], -1)
    assert oracle.nll(texts) == pytest.approx(-np.log(theirs).mean(), rel=1e-5)


def test_it_writes_by_its_own_shares():
    oracle = Oracle.draw(3)
    texts = oracle.write(4_000, 1)
    first = as_keras(oracle)(np.zeros((1, 1), int)).numpy()[0, 0]
    word = first.argmax()
    assert (texts[:, 0] == word).mean() == pytest.approx(first[word], abs=0.03)
    np.testing.assert_array_equal(texts, oracle.write(4_000, 1))
    # Its own texts are likelier to it than others.
    other = np.random.default_rng(1).integers(0, 5_000, texts.shape)
    assert oracle.nll(texts) < oracle.nll(other) - 3


def test_the_published_oracle_has_its_published_likelihood(outside):
    """Its own texts of 20 words are known to have 5.73 to 5.75 nats a word."""
    oracle = Oracle.load(outside("data/text/oracle/seqgan_oracle_lstm.npz"))
    assert oracle.nll(oracle.write(10_000, 1)) == pytest.approx(5.74, abs=0.03)


def test_numbers_are_read_back():
    texts = Oracle.draw(1).write(5, 2)
    spelled = [text.capitalize() for text in spell(texts)]
    np.testing.assert_array_equal(read_numbers(spelled), texts)


def test_the_command_writes_texts_and_scores_a_model(tmp_path, capsys):
    path = tmp_path / "texts.txt"
    assert run(OracleOptions(texts=str(path), count=50)) == 0
    lines = path.read_text().splitlines()
    assert len(lines) == 50
    assert all(len(line.split()) == LENGTH for line in lines)
    # A model that has learnt nothing takes all words for as likely.
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
    with pytest.raises(UserError, match="--texts to write some, or --model"):
        OracleOptions()


def test_a_model_of_other_texts_is_refused(tmp_path):
    vocabulary = Vocabulary.build([["w1", "cat"]], 10)
    about = {"package": "textgan", "vocabulary": vocabulary.words}
    save_h5(Generator(len(vocabulary), 4, 6), tmp_path / "m.h5", about)
    with pytest.raises(UserError, match="did not learn an oracle"):
        run(OracleOptions(model=str(tmp_path / "m.h5"), count=50))
