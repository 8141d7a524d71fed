"""Exact corpus-scale BLEU and self-BLEU.

Papers on text GANs average NLTK's `sentence_bleu` with smoothing method 1 over
the texts, each against all references, which takes hours. Counting the n-grams
of the references once gives the same numbers in a second.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgan.metrics.ngrams import Counts, Texts, count_ngrams

ORDERS = (2, 3, 4, 5)
# Chen and Cherry 2014, smoothing method 1: replaces a numerator of 0.
_EPSILON = 0.1


def bleu(
    hypotheses: Texts, references: Texts, orders: Sequence[int] = ORDERS
) -> dict[int, float]:
    """Computes the mean BLEU of texts against all references.

    BLEU-n weights 1-grams to n-grams uniformly, clips a count at the largest
    in any one reference, uses the reference closest in length for the brevity
    penalty, and smooths by method 1.

    Args:
        hypotheses: Tokenized texts, at least one.
        references: Tokenized texts, at least one.
        orders: Longest n-grams, one BLEU for each.

    Returns:
        BLEU by order, in [0, 1].

    Examples:
        >>> references = ["a cat sat down".split(), "a dog ran off".split()]
        >>> hypotheses = ["a cat ran off".split()]
        >>> scores = bleu(hypotheses, references, orders=(2, 3))
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
        raise ValueError("BLEU needs texts on both sides")
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
    return _mean_bleu(matches, lengths, closest, orders)


def self_bleu(texts: Texts, orders: Sequence[int] = ORDERS) -> dict[int, float]:
    """Computes the mean BLEU of each text against all the others.

    It is high where texts repeat each other, and grows with the number of
    texts: compare equal numbers only.

    Args:
        texts: Tokenized texts, at least two.
        orders: Longest n-grams, one self-BLEU for each.

    Returns:
        Self-BLEU by order, in [0, 1].

    Raises:
        ValueError: If there are fewer than two texts.

    Reference:
        - [Zhu et al. 2018](https://arxiv.org/abs/1802.01886): Texygen
    """
    if len(texts) < 2:
        raise ValueError("self-BLEU needs at least two texts")
    matches = []
    for found in count_ngrams(texts, max(orders)):
        clipped = np.minimum(found.counts, _most_elsewhere(found))
        matches.append(_sum_by_text(found.texts, clipped, len(texts)))
    lengths = _lengths(texts)
    # A length that two texts share is its own closest.
    distinct, inverse, counts = np.unique(
        lengths, return_inverse=True, return_counts=True
    )
    closest = np.empty(len(distinct), dtype=np.int64)
    for i, (length, count) in enumerate(zip(distinct, counts, strict=True)):
        others = distinct if count > 1 else np.delete(distinct, i)
        closest[i] = _closest(np.array([length]), others)[0]
    return _mean_bleu(matches, lengths, closest[inverse], orders)


def _most_elsewhere(found: Counts) -> np.ndarray:
    """Finds, for each count, the largest of its n-gram in another text."""
    order = np.lexsort((-found.counts, found.grams))
    starts = np.searchsorted(found.grams[order], np.arange(found.kinds))
    first = found.counts[order[starts]]
    after = np.minimum(starts + 1, len(order) - 1)
    single = np.append(starts[1:], len(order)) - starts == 1
    second = np.where(single, 0, found.counts[order[after]])
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
    """Finds the closest reference length, the shorter one if two tie."""
    above = np.searchsorted(references, lengths)
    upper = references[np.minimum(above, len(references) - 1)]
    lower = references[np.maximum(above - 1, 0)]
    nearer_below = np.abs(lengths - lower) <= np.abs(upper - lengths)
    return np.where(nearer_below, lower, upper)


def _mean_bleu(
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
    # Without a common word BLEU is 0, in spite of the smoothing.
    common = matches[0] > 0
    return {
        n: float(np.mean(np.exp(penalty + sums[n - 1] / n) * common))
        for n in orders
    }
