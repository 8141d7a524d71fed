import numpy as np
import pytest

from textgan.data.dataset import count_batches, make_batches
from textgan.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

TEXTS = [[f"w{i}"] * (1 + i % 30) for i in range(200)]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.build(TEXTS, size=1000)


def rows(batches):
    return [row for batch in batches.as_numpy_iterator() for row in batch]


def test_rows_are_start_words_end_and_padding(vocabulary):
    batches = make_batches([["w3"], ["w1", "w1"]], vocabulary, 2)
    (batch,) = batches.as_numpy_iterator()
    one, two = vocabulary.encode(["w3", "w1"])
    np.testing.assert_array_equal(
        batch, [[START, one, END, PAD], [START, two, two, END]]
    )
    assert batch.dtype == np.int32


def test_every_epoch_has_all_texts_in_another_order(vocabulary):
    batches = make_batches(TEXTS, vocabulary, 16, shuffle_seed=5)
    first, second = rows(batches), rows(batches)
    words = [[r[1] for r in epoch] for epoch in (first, second)]
    expected = sorted(vocabulary.encode([t[0] for t in TEXTS]))
    assert sorted(words[0]) == sorted(words[1]) == expected
    assert words[0] != words[1]
    again = make_batches(TEXTS, vocabulary, 16, shuffle_seed=5)
    assert [r[1] for r in rows(again)] == words[0]


def test_the_last_batch_is_smaller(vocabulary):
    batches = make_batches(TEXTS, vocabulary, 64, shuffle_seed=1)
    sizes = sorted(len(b) for b in batches.as_numpy_iterator())
    assert sizes == [8, 64, 64, 64]
    assert count_batches(TEXTS, 64) == len(batches) == 4


def test_fewer_texts_than_a_batch_are_one_batch(vocabulary):
    batches = make_batches(TEXTS[:3], vocabulary, 64, shuffle_seed=1)
    assert [len(b) for b in batches.as_numpy_iterator()] == [3]


def test_texts_of_similar_length_share_a_batch(vocabulary):
    batches = make_batches(TEXTS, vocabulary, 8, shuffle_seed=1)
    cells = sum(batch.size for batch in batches.as_numpy_iterator())
    words = sum(len(text) + 2 for text in TEXTS)
    longest = max(map(len, TEXTS)) + 2
    # Padding every text to the longest would double the size.
    assert words <= cells < 1.25 * words
    assert len(TEXTS) * longest > 1.8 * words


def _epochs(rate, seed=3):
    # The word of text i occurs i times.
    texts = [[f"w{i}"] * i for i in range(1, 201)]
    vocabulary = Vocabulary.build(texts, 1_000)
    batches = make_batches(
        texts, vocabulary, 8, shuffle_seed=seed, unk_dropout=rate
    )
    return vocabulary, [
        np.concatenate([b.numpy().ravel() for b in batches]) for _ in range(20)
    ]


def test_words_are_dropped_by_their_count():
    vocabulary, epochs = _epochs(4.0)
    ids = np.concatenate(epochs)
    for low, high in ((1, 50), (50, 200)):
        words = range(low, high)
        there = sum(np.isin(ids, vocabulary.encode([f"w{i}" for i in words])))
        # Of i occurrences, i / (4 + i) of them stay.
        stay = 20 * sum(i * i / (4 + i) for i in words)
        assert there == pytest.approx(stay, rel=0.02)
    # Special tokens are kept.
    assert (ids == START).sum() == (ids == END).sum() == 20 * 200


def test_word_dropout_differs_between_epochs_not_between_runs():
    (_, first), (_, again) = _epochs(4.0), _epochs(4.0)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    unknown = [(epoch == UNKNOWN).sum() for epoch in first]
    assert len(set(unknown)) > 5
    assert not any((epoch == UNKNOWN).any() for epoch in _epochs(0.0)[1])
