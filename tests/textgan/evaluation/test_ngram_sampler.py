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


def ngrams(texts, n):
    padded = ([""] * (n - 1) + text + [""] for text in texts)
    return {
        tuple(text[i : i + n])
        for text in padded
        for i in range(len(text) - n + 1)
    }


@pytest.mark.parametrize("order", [2, 3, 4])
def test_every_ngram_is_one_of_the_texts_and_texts_are_new(order):
    sampled = sample_ngrams(TEXTS, order, 300)
    assert len(sampled) == 300
    assert ngrams(sampled, order) <= ngrams(TEXTS, order)
    if order < 4:
        assert any(text not in TEXTS for text in sampled)


def test_tokens_have_their_relative_frequencies():
    firsts = Counter(text[0] for text in sample_ngrams(TEXTS, 2, 4_000))
    assert firsts["the"] / 4_000 == pytest.approx(0.75, abs=0.03)


def test_long_ngrams_copy_and_a_seed_reproduces():
    assert all(text in TEXTS for text in sample_ngrams(TEXTS, 7, 50))
    assert sample_ngrams(TEXTS, 2, 50, 1) == sample_ngrams(TEXTS, 2, 50, 1)
    assert sample_ngrams(TEXTS, 2, 50, 1) != sample_ngrams(TEXTS, 2, 50, 2)
