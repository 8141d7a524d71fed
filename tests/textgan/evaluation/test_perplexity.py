import numpy as np
import pytest
import tensorflow as tf

from textgan import Generator, Vocabulary
from textgan.data.vocabulary import END, START, UNKNOWN
from textgan.evaluation.perplexity import (
    Perplexity,
    encode_texts,
    mean_states,
    token_nll,
)

WORDS = [f"w{i}" for i in range(30)]


@pytest.fixture
def rows():
    random = np.random.default_rng(5)
    return [
        [START, *random.integers(4, 34, random.integers(1, 20)).tolist(), END]
        for _ in range(300)
    ]


def test_token_nll_is_that_of_each_text_alone(rows):
    generator = Generator(34, 4, 6)
    ours = token_nll(generator, rows)
    assert len(ours) == sum(len(row) - 1 for row in rows)
    theirs = []
    for row in rows[:20]:
        log_probs = tf.nn.log_softmax(
            generator(np.array([row[:-1]]))[0]
        ).numpy()
        theirs += [-log_probs[i, word] for i, word in enumerate(row[1:])]
    np.testing.assert_allclose(ours[: len(theirs)], theirs, rtol=1e-4)


def test_mean_states_are_those_of_each_text_alone(rows):
    generator = Generator(34, 4, 6)
    ours = mean_states(generator, rows)
    for row, found in zip(rows[:20], ours, strict=False):
        states = generator.lstm(generator.embedding(np.array([row])))[0]
        np.testing.assert_allclose(found, states.numpy().mean(0), atol=1e-5)


def test_unknown_words_are_counted_separately():
    vocabulary = Vocabulary.build([WORDS], 100)
    rows = encode_texts(vocabulary, ["w1 zebra w2", "W3"])
    assert rows[0] == [START, *vocabulary.encode(["w1", "?", "w2"]), END]
    found = Perplexity.from_nll(np.array([1.0, 7.0, 1.0, 2.0, 2.0, 2.0]), rows)
    assert found.nats == 2.5
    assert found.perplexity == pytest.approx(np.exp(2.5))
    assert found.known_nats == pytest.approx(8 / 5)
    assert found.unknown == pytest.approx(1 / 6)
    assert rows[0][2] == UNKNOWN
