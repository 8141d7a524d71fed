"""Groups texts that are nearly the same, so that a split cannot leak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from adversarial.groups import connected_groups

# A run of words shared by more texts than this is a figure of speech ("what do
# you call"), not a sign of copying.
_COMMON = 20
_SHINGLE = 3


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
    words = [
        [w.lower() for w in text if any(c.isalnum() for c in w)]
        for text in texts
    ]
    bags = [_bag(text) for text in words]

    def alike() -> Iterator[tuple[int, int]]:
        first: dict[tuple[str, ...], int] = {}
        for i, text in enumerate(words):
            if text:
                yield first.setdefault(tuple(text), i), i
        for i, j in _candidates(words).tolist():
            shared = len(bags[i] & bags[j])
            if shared >= threshold * (len(bags[i]) + len(bags[j]) - shared):
                yield i, j

    return connected_groups(len(words), alike())


def _bag(words: list[str]) -> set[tuple[str, int]]:
    """Gives a set that counts: the second "the" is another member."""
    counts: Counter[str] = Counter()
    bag = set()
    for word in words:
        counts[word] += 1
        bag.add((word, counts[word]))
    return bag


def _candidates(words: list[list[str]]) -> np.ndarray:
    """Finds pairs of texts that share a rare shingle, as rows of indices."""
    ids: dict[str, int] = {}
    shingles = [np.empty(0, dtype=np.int64)]
    owners = [np.empty(0, dtype=np.int64)]
    for i, text in enumerate(words):
        if not text:
            continue
        numbers = np.array(
            [ids.setdefault(w, 1 + len(ids)) for w in text], dtype=np.int64
        )
        runs = np.lib.stride_tricks.sliding_window_view(
            np.pad(numbers, (0, max(_SHINGLE - len(text), 0))), _SHINGLE
        )
        # Words number below 2**21, so three of them fill an int64; 0 is none.
        keys = np.unique(runs @ (1 << np.array([42, 21, 0])))
        shingles.append(keys)
        owners.append(np.full(len(keys), i))
    keys, texts = np.concatenate(shingles), np.concatenate(owners)
    order = np.lexsort((texts, keys))
    keys, texts = keys[order], texts[order]
    _, starts, counts = np.unique(keys, return_index=True, return_counts=True)
    pairs = []
    for size in range(2, _COMMON + 1):
        first = starts[counts == size]
        members = texts[first[:, None] + np.arange(size)]
        a, b = np.triu_indices(size, 1)
        pairs.append(
            np.stack([members[:, a].ravel(), members[:, b].ravel()], axis=1)
        )
    return np.unique(np.concatenate(pairs), axis=0)
