"""Exact BLEU of many texts against many, and of a set against itself.

Papers on text GANs average NLTK's `sentence_bleu` with smoothing method 1 over
texts, with all references for each. That takes hours; the same numbers take a
second when the n-grams of the references are counted once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgan.metrics.ngrams import Counts, Texts, count_ngrams

ORDERS = (2, 3, 4, 5)
# Chen and Cherry 2014, smoothing method 1: what a numerator of 0 is taken for.
_EPSILON = 0.1


def bleu(
    hypotheses: Texts, references: Texts, orders: Sequence[int] = ORDERS
) -> dict[int, float]:
    """Averages the BLEU of each text against all references.

    BLEU-n has uniform weights on 1-grams to n-grams, clips a count at the
    largest in any one reference, takes the reference closest in length for
    the brevity penalty, and smooths by method 1.

    Args:
        hypotheses: Tokenised texts, at least one.
        references: Tokenised texts, at least one.
        orders: The longest n-grams wanted.

    Returns:
        BLEU by order, 0..1.

    Examples:
        >>> learnt = ["a cat sat down".split(), "a dog ran off".split()]
        >>> written = ["a cat ran off".split()]
        >>> scores = bleu(written, learnt, orders=(2, 3))
        >>> {n: round(score, 3) for n, score in scores.items()}
        {2: 0.816, 3: 0.322}

    Raises:
        ValueError: If there are no hypotheses or no references.

    Reference:
        - Papineni et al. 2002, BLEU: a method for automatic evaluation of
          machine translation, ACL
        - Chen and Cherry 2014, A systematic comparison of smoothing techniques
          for sentence-level BLEU, WMT
        - [Texygen](https://arxiv.org/abs/1802.01886), section 3
    """
    if not hypotheses or not references:
        raise ValueError("BLEU takes texts on both sides")
    size = len(hypotheses)
    counted = count_ngrams([*hypotheses, *references], max(orders))
    matches = []
    for found in counted:
        split = np.searchsorted(found.texts, size)
        most = np.zeros(found.kinds, dtype=np.int64)
        np.maximum.at(most, found.grams[split:], found.counts[split:])
        clipped = np.minimum(found.counts[:split], most[found.grams[:split]])
        matches.append(_sum_by_text(found.texts[:split], clipped, size))
    lengths = _lengths(hypotheses)
    reference_lengths = np.sort(np.unique(_lengths(references)))
    closest = _closest(lengths, reference_lengths)
    return _average(matches, lengths, closest, orders)


def self_bleu(texts: Texts, orders: Sequence[int] = ORDERS) -> dict[int, float]:
    """Averages the BLEU of each text against all the others.

    High where texts repeat each other. It grows with the number of texts, so
    only equal numbers can be compared.

    Args:
        texts: Tokenised texts, at least two.
        orders: The longest n-grams wanted.

    Returns:
        Self-BLEU by order, 0..1.

    Raises:
        ValueError: If there are fewer than two texts.

    Reference:
        - [Zhu et al. 2018](https://arxiv.org/abs/1802.01886): Texygen
    """
    if len(texts) < 2:
        raise ValueError("self-BLEU takes two texts at least")
    matches = []
    for found in count_ngrams(texts, max(orders)):
        clipped = np.minimum(found.counts, _most_elsewhere(found))
        matches.append(_sum_by_text(found.texts, clipped, len(texts)))
    lengths = _lengths(texts)
    # The closest of the others is of the same length if two texts are.
    distinct, inverse, counts = np.unique(
        lengths, return_inverse=True, return_counts=True
    )
    closest = np.empty(len(distinct), dtype=np.int64)
    for i, (length, count) in enumerate(zip(distinct, counts, strict=True)):
        others = distinct if count > 1 else np.delete(distinct, i)
        closest[i] = _closest(np.array([length]), others)[0]
    return _average(matches, lengths, closest[inverse], orders)


def _most_elsewhere(found: Counts) -> np.ndarray:
    """Gives, for each count, the largest of its n-gram in another text."""
    order = np.lexsort((-found.counts, found.grams))
    starts = np.searchsorted(found.grams[order], np.arange(found.kinds))
    first = found.counts[order[starts]]
    after = np.minimum(starts + 1, len(order) - 1)
    lonely = np.append(starts[1:], len(order)) - starts == 1
    second = np.where(lonely, 0, found.counts[order[after]])
    most = first[found.grams]
    best = order[starts]
    most[best] = second
    return most


def _lengths(texts: Texts) -> np.ndarray:
    return np.array([len(text) for text in texts], dtype=np.int64)


def _sum_by_text(
    texts: np.ndarray, values: np.ndarray, size: int
) -> np.ndarray:
    return np.bincount(texts, weights=values, minlength=size)


def _closest(lengths: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Finds the closest reference length; the shorter of two as close."""
    above = np.searchsorted(references, lengths)
    upper = references[np.minimum(above, len(references) - 1)]
    lower = references[np.maximum(above - 1, 0)]
    nearer_below = np.abs(lengths - lower) <= np.abs(upper - lengths)
    return np.where(nearer_below, lower, upper)


def _average(
    matches: Sequence[np.ndarray],
    lengths: np.ndarray,
    closest: np.ndarray,
    orders: Sequence[int],
) -> dict[int, float]:
    logs = []
    for n, matched in enumerate(matches, start=1):
        possible = np.maximum(lengths - n + 1, 1)
        smoothed = np.where(matched == 0, _EPSILON, matched)
        logs.append(np.log(smoothed / possible))
    sums = np.cumsum(logs, axis=0)
    safe = np.maximum(lengths, 1)
    penalty = np.where(lengths > closest, 0.0, 1.0 - closest / safe)
    # Without a single word in common BLEU is 0, smoothed or not.
    something = matches[0] > 0
    return {
        n: float(np.mean(np.exp(penalty + sums[n - 1] / n) * something))
        for n in orders
    }
