"""Fractions counted by hand."""

import pytest

from textgan.metrics.diversity import copied, distinct, novelty, unique
from textgan.metrics.ngrams import count_ngrams

TEXTS = [text.split() for text in ("a b a b", "a b c", "c", "", "a b c")]


def test_counts_of_each_text():
    singles, pairs, triples = count_ngrams(TEXTS, 3)
    assert singles.kinds == 3
    assert singles.texts.tolist() == [0, 0, 1, 1, 1, 2, 4, 4, 4]
    assert singles.counts.tolist() == [2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert pairs.kinds == 3  # ab ba bc
    assert pairs.texts.tolist() == [0, 0, 1, 1, 4, 4]
    assert sorted(pairs.counts[:2].tolist()) == [1, 2]
    # aba bab abc: an n-gram has one number in all texts.
    assert triples.grams[-1] == triples.grams[-2]
    assert triples.kinds == 3


def test_distinct():
    assert distinct(TEXTS, 1) == pytest.approx(3 / 11)
    assert distinct(TEXTS, 2) == pytest.approx(3 / 7)
    assert distinct(TEXTS, 5) == 0.0


def test_unique_and_copied():
    assert unique(TEXTS) == pytest.approx(4 / 5)
    assert copied(TEXTS, [["c"], ["a", "b"]]) == pytest.approx(1 / 5)


def test_novelty():
    train = [["a", "b", "c"], ["x", "b", "a"]]
    # ab ba ab | ab bc | ab bc: all known.
    assert novelty(TEXTS, train, 2) == 0.0
    # aba bab | abc | abc: the first two are new.
    assert novelty(TEXTS, train, 3) == pytest.approx(1 / 2)
    assert novelty([["q"]], train, 2) == 0.0
