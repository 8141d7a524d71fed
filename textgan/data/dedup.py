"""Groups texts that are nearly the same, so that a split cannot leak."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from gancore.grouping import connected_groups
from textgan.data.tokenizer import count_words

# A run of words shared by more texts than this is a figure of speech ("what do
# you call"), not a sign of copying.
_COMMON = 20
_SHINGLE = 3
# More than there are words; added to one for each time it was there before.
_AGAIN = 2**32


def group_near_duplicates(
    texts: Sequence[Sequence[str]], threshold: float = 0.6
) -> list[list[int]]:
    """Groups texts whose words overlap.

    Two texts are near-duplicates if their words are the same, or if they share
    a run of three words that at most 20 texts have and the Jaccard similarity
    of their bags of words reaches the threshold (Broder 1997, with rare
    shingles in place of minimal hashes). Case and punctuation do not count.
    Groups are the connected components.

    Args:
        texts: Tokenised texts.
        threshold: Similarity in (0, 1].

    Returns:
        Lists of indices, each in rising order, sorted by their first.
    """
    words, bounds = _numbered(texts)
    rows = [words[a:b] for a, b in itertools.pairwise(bounds.tolist())]
    bags: dict[int, set[int]] = {}

    def bag(i: int) -> set[int]:
        if i not in bags:
            bags[i] = _bag(rows[i].tolist())
        return bags[i]

    def alike() -> Iterator[tuple[int, int]]:
        first: dict[bytes, int] = {}
        for i, row in enumerate(rows):
            if len(row):
                yield first.setdefault(row.tobytes(), i), i
        # In the order of the first of both, whose bags are done with by then.
        done = 0
        for i, j in _candidates(words, bounds).tolist():
            while done < i:
                bags.pop(done, None)
                done += 1
            shared = len(bag(i) & bag(j))
            if shared >= threshold * (len(rows[i]) + len(rows[j]) - shared):
                yield i, j

    return connected_groups(len(rows), alike())


def _numbered(
    texts: Sequence[Sequence[str]],
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the words of all texts as numbers from 1, and where texts begin.

    Marks are left out. The bounds are one more than the texts.
    """
    ids: dict[str, int] = {}
    # Each spelling is looked at once; 0 is a mark.
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
    """Gives a set that counts: the second "the" is another member."""
    bag: set[int] = set()
    for word in words:
        while word in bag:
            word += _AGAIN
        bag.add(word)
    return bag


def _candidates(words: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Finds pairs of texts that share a rare shingle, as rows of indices."""
    keys, texts = _shingles(words, bounds)
    # Equal runs stand together.
    ends = np.flatnonzero(np.diff(keys, append=-1)) + 1
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    counts = ends - starts
    del keys
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for size in range(2, _COMMON + 1):
        first = starts[counts == size]
        members = texts[first[:, None] + np.arange(size)]
        a, b = np.triu_indices(size, 1)
        members = members.astype(np.int64)
        pairs.append(
            np.stack([members[:, a].ravel(), members[:, b].ravel()], axis=1)
        )
    # Two numbers in one sort faster than rows of two.
    count = max(len(bounds), 1)
    codes = [pair[:, 0] * count + pair[:, 1] for pair in pairs]
    return np.stack(np.divmod(np.unique(np.concatenate(codes)), count), axis=1)


def _shingles(
    words: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the distinct runs of words of each text, in order of the runs.

    A text that is shorter than a run is one run, filled up with 0.

    Returns:
        Runs as numbers, rising, and the texts they are of, rising for each.
    """
    lengths = np.diff(bounds)
    owners = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    left = np.repeat(bounds[1:], lengths) - np.arange(len(words))
    # Words number below 2**21, so three of them fill an int64; 0 is none.
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
    # Stable, and so the owners of equal runs keep rising.
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    del order, left
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (np.diff(keys) != 0) | (np.diff(owners) != 0)
    return keys[fresh], owners[fresh]
