from collections import Counter

import pytest

from textgan.evaluation.ngram_sampler import sample_ngrams

TEXTS = [
    text.split()
    for text in (
        "the cat sat on the mat",
        "the dog sat on the rug",
        "a cat ran",
        "the cat ran on a rug",
    )
]


def grams(texts, n):
    padded = ([""] * (n - 1) + text + [""] for text in texts)
    return {
        tuple(text[i : i + n])
        for text in padded
        for i in range(len(text) - n + 1)
    }


@pytest.mark.parametrize("order", [2, 3, 4])
def test_every_ngram_was_read_and_texts_are_new(order):
    written = sample_ngrams(TEXTS, order, 300)
    assert len(written) == 300
    assert grams(written, order) <= grams(TEXTS, order)
    if order < 4:
        assert any(text not in TEXTS for text in written)


def test_words_come_as_often_as_they_were_read():
    firsts = Counter(text[0] for text in sample_ngrams(TEXTS, 2, 4_000))
    assert firsts["the"] / 4_000 == pytest.approx(0.75, abs=0.03)


def test_long_ngrams_copy_and_a_seed_repeats():
    assert all(text in TEXTS for text in sample_ngrams(TEXTS, 7, 50))
    assert sample_ngrams(TEXTS, 2, 50, 1) == sample_ngrams(TEXTS, 2, 50, 1)
    assert sample_ngrams(TEXTS, 2, 50, 1) != sample_ngrams(TEXTS, 2, 50, 2)
