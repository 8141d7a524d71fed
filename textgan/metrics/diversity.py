"""Diversity of texts, and their novelty compared with training texts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from textgan.metrics.ngrams import Texts, count_ngrams


def distinct(texts: Texts, n: int) -> float:
    """Computes distinct-n: distinct n-grams over all n-grams of the texts.

    It falls with the number of texts: compare equal numbers only.

    Args:
        texts: Tokenized texts.
        n: Length of the n-grams in tokens.

    Returns:
        Fraction in [0, 1]; 0 if no text has `n` tokens.

    Reference:
        - [Li et al. 2016](https://arxiv.org/abs/1510.03055), section 5.2
    """
    found = count_ngrams(texts, n)[-1]
    total = int(found.counts.sum())
    return found.kinds / total if total else 0.0


def unique(texts: Texts) -> float:
    """Computes the fraction of texts that are distinct, in [0, 1]."""
    return len(set(map(tuple, texts))) / len(texts)


def copied(texts: Texts, train: Iterable[Iterable[str]]) -> float:
    """Computes the fraction of texts identical to a training text, in [0, 1].

    Args:
        texts: Tokenized texts.
        train: Tokenized training texts.
    """
    known = set(map(tuple, train))
    return float(np.mean([tuple(text) in known for text in texts]))


def novelty(texts: Texts, train: Texts, n: int = 4) -> float:
    """Computes the fraction of n-grams that are in no training text.

    Compare it with that of test texts: a generator with a lower one
    memorizes.

    Args:
        texts: Tokenized texts.
        train: Tokenized training texts.
        n: Length of the n-grams in tokens.

    Returns:
        Fraction in [0, 1], repetitions counted; 0 if no text has `n` tokens.
    """
    found = count_ngrams([*texts, *train], n)[-1]
    split = np.searchsorted(found.texts, len(texts))
    known = np.zeros(found.kinds, dtype=bool)
    known[found.grams[split:]] = True
    counts = found.counts[:split]
    new = counts[~known[found.grams[:split]]].sum()
    return float(new / counts.sum()) if counts.sum() else 0.0
