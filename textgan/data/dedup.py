"""Near-duplicate detection, so that a split does not leak."""

from __future__ import annotations

import functools
import itertools
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from gancore.grouping import connected_groups
from textgan.data.tokenizer import count_words

# A shingle of more texts than this is a common phrase ("what do you call").
_MAX_TEXTS = 20
_SHINGLE = 3
# Bags of words that are kept: those of a million texts take gigabytes.
_MAX_BAGS = 2**16
_CHUNK = 2**16
# More than the number of words; added once per repetition.
_REPEATED = 2**32


def group_near_duplicates(
    texts: Sequence[Sequence[str]], threshold: float = 0.6
) -> list[list[int]]:
    """Groups near-duplicate texts.

    Two texts are near-duplicates if their words are the same, or if they share
    a 3-word shingle that at most 20 texts have and the Jaccard similarity of
    their bags of words reaches the threshold (Broder 1997, with rare
    shingles in place of minimal hashes). Case and punctuation are ignored.
    Groups are the connected components.

    Args:
        texts: Tokenised texts.
        threshold: Similarity in (0, 1].

    Returns:
        Lists of indices, each sorted, in order of their first.
    """
    words, bounds = _numbered(texts)
    rows = [words[a:b] for a, b in itertools.pairwise(bounds.tolist())]

    @functools.lru_cache(_MAX_BAGS)
    def bag(i: int) -> set[int]:
        return _bag(rows[i].tolist())

    def alike() -> Iterator[tuple[int, int]]:
        first: dict[bytes, int] = {}
        for i, row in enumerate(rows):
            if len(row):
                yield first.setdefault(row.tobytes(), i), i
        # In order of their first text; as Python's numbers, a few at a time.
        pairs = _candidates(words, bounds)
        for start in range(0, len(pairs), _CHUNK):
            for i, j in pairs[start : start + _CHUNK].tolist():
                shared = len(bag(i) & bag(j))
                if shared >= threshold * (len(rows[i]) + len(rows[j]) - shared):
                    yield i, j

    return connected_groups(len(rows), alike())


def _numbered(
    texts: Sequence[Sequence[str]],
) -> tuple[np.ndarray, np.ndarray]:
    """Maps the words of all texts to numbers from 1.

    Punctuation is dropped.

    Returns:
        Numbers of all texts, concatenated, and the bounds of the texts in it,
        one more than there are texts.
    """
    ids: dict[str, int] = {}
    # Spelling -> number; 0 for punctuation.
    known: dict[str, int] = {}
    flat = array("q")
    lengths = np.zeros(len(texts) + 1, dtype=np.int64)
    for i, text in enumerate(texts):
        for token in text:
            number = known.get(token)
            if number is None:
                number = known[token] = (
                    ids.setdefault(token.lower(), 1 + len(ids))
                    if count_words([token])
                    else 0
                )
            if number:
                flat.append(number)
        lengths[i + 1] = len(flat)
    return np.frombuffer(flat, dtype=np.int64), lengths


def _bag(words: list[int]) -> set[int]:
    """Returns a multiset as a set: a repeated word is another member."""
    bag: set[int] = set()
    for word in words:
        while word in bag:
            word += _REPEATED
        bag.add(word)
    return bag


def _candidates(words: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Finds pairs of texts that share a rare shingle, as rows of indices."""
    keys, texts = _shingles(words, bounds)
    # Equal shingles are adjacent.
    ends = np.flatnonzero(np.diff(keys, append=-1)) + 1
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    counts = ends - starts
    del keys
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for size in range(2, _MAX_TEXTS + 1):
        first = starts[counts == size]
        members = texts[first[:, None] + np.arange(size)]
        a, b = np.triu_indices(size, 1)
        members = members.astype(np.int64)
        pairs.append(
            np.stack([members[:, a].ravel(), members[:, b].ravel()], axis=1)
        )
    # A pair as one number sorts faster than rows of two.
    count = max(len(bounds), 1)
    codes = [pair[:, 0] * count + pair[:, 1] for pair in pairs]
    return np.stack(np.divmod(np.unique(np.concatenate(codes)), count), axis=1)


def _shingles(
    words: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the distinct shingles of each text.

    A text shorter than a shingle is one shingle, padded with 0.

    Returns:
        Shingles as sorted numbers, and the index of the text of each, sorted
        within equal shingles.
    """
    lengths = np.diff(bounds)
    owners = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    left = np.repeat(bounds[1:], lengths) - np.arange(len(words))
    # Word numbers are below 2**21, so three of them fit an int64; 0 is padding.
    keys = np.zeros(len(words), dtype=np.int64)
    for place in range(_SHINGLE):
        inside = left > place
        keys[inside] += words[np.flatnonzero(inside) + place] << (
            21 * (_SHINGLE - 1 - place)
        )
    at_start = np.zeros(len(words), dtype=bool)
    at_start[bounds[:-1][lengths > 0]] = True
    kept = (left >= _SHINGLE) | at_start
    keys, owners = keys[kept], owners[kept]
    # Stable, so the owners of equal shingles stay sorted.
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    del order, left
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (np.diff(keys) != 0) | (np.diff(owners) != 0)
    return keys[fresh], owners[fresh]
