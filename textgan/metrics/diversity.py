"""How varied texts are, and how new beside those that were learnt from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from textgan.metrics.ngrams import Texts, count_ngrams


def distinct(texts: Texts, n: int) -> float:
    """Gives the share of n-grams that are distinct, over all texts.

    It falls with the number of texts, so only equal numbers can be compared.

    Args:
        texts: Tokenised texts.
        n: Length of the n-grams, in words.

    Returns:
        Share in 0..1; 0 if no text has `n` words.

    Reference:
        - [Li et al. 2016](https://arxiv.org/abs/1510.03055), section 5.2
    """
    found = count_ngrams(texts, n)[-1]
    total = int(found.counts.sum())
    return found.kinds / total if total else 0.0


def unique(texts: Texts) -> float:
    """Gives the number of distinct texts as a share of all, 0..1."""
    return len(set(map(tuple, texts))) / len(texts)


def copied(texts: Texts, learnt: Iterable[Iterable[str]]) -> float:
    """Gives the share of texts that are word for word one learnt from, 0..1."""
    known = set(map(tuple, learnt))
    return float(np.mean([tuple(text) in known for text in texts]))


def novelty(texts: Texts, learnt: Texts, n: int = 4) -> float:
    """Gives the share of n-grams that are in no text learnt from.

    Held-out texts of people are the measure: a generator with less repeats
    what it read.

    Args:
        texts: Tokenised texts.
        learnt: The texts that were learnt from.
        n: Length of the n-grams, in words.

    Returns:
        Share in 0..1, repetitions counted; 0 if no text has `n` words.
    """
    found = count_ngrams([*texts, *learnt], n)[-1]
    split = np.searchsorted(found.texts, len(texts))
    known = np.zeros(found.kinds, dtype=bool)
    known[found.grams[split:]] = True
    counts = found.counts[:split]
    new = counts[~known[found.grams[:split]]].sum()
    return float(new / counts.sum()) if counts.sum() else 0.0
