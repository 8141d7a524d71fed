"""Tells which images show the same thing, so that a split cannot leak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from gancore.grouping import connected_groups

# Two images of 64 signs are alike if at most this many differ; of unlike
# photographs about half do.
_SIGNS = 4
# ... and if no mean colour differs by more, in grey levels.
_LEVELS = 8.0


def fingerprint(pixels: np.ndarray) -> np.ndarray:
    """Gives what survives resizing and compression of a image.

    The difference hash: whether each of 8 x 9 means grows to the right.

    Args:
        pixels: uint8 array of shape `(height, width, 3)`.

    Returns:
        float32 array of 64 signs (0 or 1) and the three mean colours.
    """
    small = Image.fromarray(pixels).resize((9, 8), Image.Resampling.BOX)
    means = np.asarray(small, dtype=np.float32)
    grows = np.diff(means.sum(axis=-1), axis=1) > 0
    return np.concatenate([grows.ravel(), means.mean(axis=(0, 1))]).astype(
        np.float32
    )


def group_near_duplicates(prints: Sequence[np.ndarray]) -> list[list[int]]:
    """Groups images that are copies of each other in size or quality.

    Args:
        prints: What `fingerprint` gave of each image.

    Returns:
        Lists of indices, each in rising order, sorted by their first.
    """
    table = np.stack(prints) if len(prints) else np.empty((0, 67))
    # Sub-images of a image have its print; each print is compared once.
    _, firsts, kinds = np.unique(
        table, axis=0, return_index=True, return_inverse=True
    )
    kinds = kinds.ravel()
    table = table[firsts]

    def alike() -> Iterator[tuple[int, int]]:
        yield from zip(firsts[kinds].tolist(), range(len(kinds)), strict=True)
        for i in range(1, len(table)):
            differing = np.abs(table[:i, :64] - table[i, :64]).sum(axis=1)
            shift = np.abs(table[:i, 64:] - table[i, 64:]).max(axis=1)
            for j in np.flatnonzero((differing <= _SIGNS) & (shift <= _LEVELS)):
                yield int(firsts[j]), int(firsts[i])

    return connected_groups(len(prints), alike())
