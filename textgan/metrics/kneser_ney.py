"""Interpolated Kneser-Ney: the n-gram language model of baselines."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from textgan.data.vocabulary import PAD, START

Rows = Sequence[Sequence[int]]
# Tokens that never follow another.
_NEVER = (PAD, START)


@dataclasses.dataclass(frozen=True)
class _Order:
    """The n-grams of one length.

    Attributes:
        keys: For each n-gram, its context's index times the vocabulary size
            plus its last token, ascending.
        probs: Discounted probability of its last token after its context.
        backoff: Weight of the shorter context's probability, by context; 1
            where nothing ever followed.
    """

    keys: np.ndarray
    probs: np.ndarray
    backoff: np.ndarray


class KneserNey:
    """Interpolated Kneser-Ney model with three discounts per order.

    Args:
        rows: Ids of the training texts, each from `START` to `END`.
        size: Vocabulary size; every token but `PAD` and `START` has a
            probability above 0.
        order: Length of the longest n-grams in tokens.

    Reference:
        - Kneser and Ney 1995, Improved backing-off for m-gram language
          modeling, ICASSP
        - Chen and Goodman 1998, An empirical study of smoothing techniques
          for language modeling, sections 3 and 4.1.6
    """

    def __init__(self, rows: Rows, size: int, order: int = 3) -> None:
        self.size = size
        words, starts = _flatten(rows)
        # === n-grams: each is a shorter one and a token ===
        keys, found = [], [np.zeros(len(words), np.int64)]
        for n in range(1, order + 1):
            context = _before(found[-1], starts) if n > 1 else found[0]
            valid = context >= 0
            if not valid.any():
                break  # No text is that long.
            distinct, index = np.unique(
                context[valid] * size + words[valid], return_inverse=True
            )
            grams = np.full(len(words), -1)
            grams[valid] = index
            keys.append(distinct)
            found.append(grams)
        # === Probabilities ===
        self._orders = []
        contexts = 1
        for n in range(1, len(keys) + 1):
            grams = found[n]
            counts = np.bincount(grams[grams >= 0], minlength=len(keys[n - 1]))
            if n < len(keys):
                counts = _continuations(counts, grams, found[n + 1], starts, n)
            self._orders.append(_smooth(keys[n - 1], counts, contexts, size))
            contexts = len(keys[n - 1])

    def nll(self, rows: Rows) -> np.ndarray:
        """Computes the negative log-likelihood of each token, in nats.

        Args:
            rows: Ids of texts, each from `START` to `END`.

        Returns:
            One number per token after a `START`, text after text.
        """
        words, starts = _flatten(rows)
        probs = np.full(len(words), 1.0 / (self.size - len(_NEVER)))
        found = np.zeros(len(words), np.int64)
        for n, order in enumerate(self._orders):
            context = _before(found, starts) if n else found
            known = context >= 0
            keys = context * self.size + words
            places = np.searchsorted(order.keys, keys)
            places = np.minimum(places, len(order.keys) - 1)
            seen = known & (order.keys[places] == keys)
            probs[known] *= order.backoff[context[known]]
            probs[seen] += order.probs[places[seen]]
            found = np.where(seen, places, -1)
        return -np.log(probs[~starts])


def _flatten(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Concatenates texts, and marks where each starts."""
    words = np.concatenate([np.asarray(row, np.int64) for row in rows])
    starts = np.zeros(len(words), bool)
    starts[np.cumsum([0, *(len(row) for row in rows)])[:-1]] = True
    return words, starts


def _before(grams: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Returns the n-gram that ends before each token, -1 at a start."""
    shifted = np.concatenate([[-1], grams[:-1]])
    return np.where(starts, -1, shifted)


def _continuations(
    counts: np.ndarray,
    grams: np.ndarray,
    longer: np.ndarray,
    starts: np.ndarray,
    n: int,
) -> np.ndarray:
    """Counts the distinct tokens before each n-gram.

    An n-gram at the start of a text has none before it, and keeps its count.
    """
    valid = longer >= 0
    _, first = np.unique(longer[valid], return_index=True)
    before = np.bincount(grams[valid][first], minlength=len(counts))
    positions = np.arange(len(starts))
    positions -= np.maximum.accumulate(np.where(starts, positions, 0))
    initial = grams[positions == n - 1]
    before[initial] = counts[initial]
    return before


def _smooth(
    keys: np.ndarray, counts: np.ndarray, contexts: int, size: int
) -> _Order:
    """Discounts the counts of one order."""
    context = keys // size
    counts = np.where(np.isin(keys % size, _NEVER), 0, counts)
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    total = np.bincount(context, counts, contexts)
    saved = np.bincount(context, discounts, contexts)
    safe = np.maximum(total, 1)
    backoff = np.where(total > 0, saved / safe, 1.0)
    return _Order(keys, (counts - discounts) / safe[context], backoff)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Estimates the discounts of counts of 0, 1, 2, and 3 or more."""
    n1, n2, n3, n4 = (int((counts == i).sum()) for i in range(1, 5))
    if not (n1 and n2 and n3):
        # Too few texts for an estimate: half a count, a usual value.
        return np.array([0.0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    estimates = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return np.array([0.0, *np.clip(estimates, 0.01, (1, 2, 3))])
