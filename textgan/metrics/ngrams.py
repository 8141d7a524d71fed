"""Counts the n-grams of many texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

Texts = Sequence[Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Counts:
    """Counts of the n-grams of each text, as a sparse matrix.

    Attributes:
        texts: Index of the text, ascending.
        grams: Id of the n-gram, the same for the same tokens.
        counts: Count of the n-gram in that text, at least 1.
        kinds: Number of distinct n-grams; ids are below it.
    """

    texts: np.ndarray
    grams: np.ndarray
    counts: np.ndarray
    kinds: int


def count_ngrams(texts: Texts, longest: int) -> list[Counts]:
    """Counts the n-grams of each text.

    Args:
        texts: Tokenized texts.
        longest: Length of the longest n-grams in tokens.

    Returns:
        Counts of the 1-grams, the 2-grams and so on up to `longest`.
    """
    ids: dict[str, int] = {}
    words = np.array(
        [ids.setdefault(word, len(ids)) for text in texts for word in text],
        dtype=np.int64,
    )
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    owners = np.repeat(np.arange(len(texts)), lengths)
    # Tokens from each position to the end of its text, its own included.
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(words))

    found = []
    kinds, grams = len(ids), words
    for n in range(1, longest + 1):
        if n > 1:
            # An n-gram is a shorter one and its last token.
            inside = left >= n
            ends = words[np.flatnonzero(inside) + n - 1]
            pairs = grams[inside[left >= n - 1]] * len(ids) + ends
            distinct, grams = np.unique(pairs, return_inverse=True)
            kinds = len(distinct)
        found.append(_per_text(owners[left >= n], grams, kinds))
    return found


def _per_text(owners: np.ndarray, grams: np.ndarray, kinds: int) -> Counts:
    keys, counts = np.unique(owners * max(kinds, 1) + grams, return_counts=True)
    return Counts(keys // max(kinds, 1), keys % max(kinds, 1), counts, kinds)
