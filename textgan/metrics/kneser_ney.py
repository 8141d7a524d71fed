"""An n-gram language model: the scorer of every other one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from textgan.data.vocabulary import PAD, START

Rows = Sequence[Sequence[int]]
# Words that never follow another.
_NEVER = (PAD, START)


@dataclasses.dataclass(frozen=True)
class _Order:
    """The n-grams of one length.

    Attributes:
        keys: Of each n-gram its context's index times the vocabulary's size
            plus its last word, in rising order.
        shares: Discounted probability of its last word after its context.
        backoff: Weight of the shorter context's probability, by context; 1
            where nothing ever followed.
    """

    keys: np.ndarray
    shares: np.ndarray
    backoff: np.ndarray


class KneserNey:
    """Interpolated Kneser-Ney model with three discounts to an order.

    Args:
        rows: Texts as ids, each from `START` to `END`.
        size: Words in the vocabulary; all but `PAD` and `START` have a
            probability.
        order: Longest n-gram, in words.

    Reference:
        - Kneser and Ney 1995, Improved backing-off for m-gram language
          modeling, ICASSP
        - Chen and Goodman 1998, An empirical study of smoothing techniques
          for language modeling, sections 3 and 4.1.6
    """

    def __init__(self, rows: Rows, size: int, order: int = 3) -> None:
        self.size = size
        words, starts = _flatten(rows)
        # === n-grams, each a shorter one and a word ===
        keys, found = [], [np.zeros(len(words), np.int64)]
        for n in range(1, order + 1):
            context = _before(found[-1], starts) if n > 1 else found[0]
            there = context >= 0
            if not there.any():
                break  # No text is as long.
            distinct, index = np.unique(
                context[there] * size + words[there], return_inverse=True
            )
            grams = np.full(len(words), -1)
            grams[there] = index
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
        """Gives the negative log-likelihood of each word, in nats.

        Args:
            rows: Texts as ids, each from `START` to `END`.

        Returns:
            A number for each word after a `START`, text after text.
        """
        words, starts = _flatten(rows)
        shares = np.full(len(words), 1.0 / (self.size - len(_NEVER)))
        found = np.zeros(len(words), np.int64)
        for n, order in enumerate(self._orders):
            context = _before(found, starts) if n else found
            known = context >= 0
            keys = context * self.size + words
            places = np.searchsorted(order.keys, keys)
            places = np.minimum(places, len(order.keys) - 1)
            seen = known & (order.keys[places] == keys)
            shares[known] *= order.backoff[context[known]]
            shares[seen] += order.shares[places[seen]]
            found = np.where(seen, places, -1)
        return -np.log(shares[~starts])


def _flatten(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Puts texts one behind another, and marks where each starts."""
    words = np.concatenate([np.asarray(row, np.int64) for row in rows])
    starts = np.zeros(len(words), bool)
    starts[np.cumsum([0, *(len(row) for row in rows)])[:-1]] = True
    return words, starts


def _before(grams: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Gives at each word what ends before it, -1 at the start of a text."""
    shifted = np.concatenate([[-1], grams[:-1]])
    return np.where(starts, -1, shifted)


def _continuations(
    counts: np.ndarray,
    grams: np.ndarray,
    longer: np.ndarray,
    starts: np.ndarray,
    n: int,
) -> np.ndarray:
    """Counts the different words before each n-gram.

    One that begins a text has none before it, and keeps its count.
    """
    there = longer >= 0
    _, first = np.unique(longer[there], return_index=True)
    before = np.bincount(grams[there][first], minlength=len(counts))
    places = np.arange(len(starts))
    places -= np.maximum.accumulate(np.where(starts, places, 0))
    opening = grams[places == n - 1]
    before[opening] = counts[opening]
    return before


def _smooth(
    keys: np.ndarray, counts: np.ndarray, contexts: int, size: int
) -> _Order:
    """Discounts the counts of one order."""
    owners = keys // size
    counts = np.where(np.isin(keys % size, _NEVER), 0, counts)
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    total = np.bincount(owners, counts, contexts)
    saved = np.bincount(owners, discounts, contexts)
    safe = np.maximum(total, 1)
    backoff = np.where(total > 0, saved / safe, 1.0)
    return _Order(keys, (counts - discounts) / safe[owners], backoff)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Gives what counts of 0, 1, 2, and 3 and more are lessened by."""
    n1, n2, n3, n4 = (int((counts == i).sum()) for i in range(1, 5))
    if not (n1 and n2 and n3):
        # Too few texts to tell; half a count is a usual guess.
        return np.array([0.0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    wanted = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return np.array([0.0, *np.clip(wanted, 0.01, (1, 2, 3))])
