"""Near-duplicate images, so that a split does not leak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from gancore.grouping import connected_groups

# Two images are near-duplicates if at most this many of their 64 hash bits
# differ; of unrelated photographs about half do.
MAX_DIFFERING_BITS = 4
# ... and if no mean color differs by more, in gray levels.
MAX_COLOR_SHIFT = 8.0


class ImageInfo(NamedTuple):
    """Size and fingerprint of an image.

    Attributes:
        size: Height and width, in pixels.
        fingerprint: What `fingerprint` returns; for a sub-image that of the
            whole image.
    """

    size: tuple[int, int]
    fingerprint: np.ndarray


def fingerprint(pixels: np.ndarray) -> np.ndarray:
    """Computes a difference hash, which resizing and compression preserve.

    Each bit is whether the mean of one of 8 x 8 cells is less than that of
    its right neighbor.

    Args:
        pixels: uint8 array of shape `(height, width, 3)`.

    Returns:
        float32 array of 64 bits (0 or 1) and the three mean colors, 0..255.
    """
    small = Image.fromarray(pixels).resize((9, 8), Image.Resampling.BOX)
    means = np.asarray(small, dtype=np.float32)
    bits = np.diff(means.sum(axis=-1), axis=1) > 0
    return np.concatenate([bits.ravel(), means.mean(axis=(0, 1))]).astype(
        np.float32
    )


def group_near_duplicates(prints: Sequence[np.ndarray]) -> list[list[int]]:
    """Groups images that are copies of each other in another size or quality.

    Args:
        prints: The `fingerprint` of each image.

    Returns:
        Lists of indices, each in rising order, sorted by their first.
    """
    table = np.stack(prints) if len(prints) else np.empty((0, 67))
    # Sub-images share the fingerprint of their image; each is compared once.
    _, firsts, kinds = np.unique(
        table, axis=0, return_index=True, return_inverse=True
    )
    kinds = kinds.ravel()
    table = table[firsts]

    def duplicates() -> Iterator[tuple[int, int]]:
        yield from zip(firsts[kinds].tolist(), range(len(kinds)), strict=True)
        for i in range(1, len(table)):
            bits = np.abs(table[:i, :64] - table[i, :64]).sum(axis=1)
            shift = np.abs(table[:i, 64:] - table[i, 64:]).max(axis=1)
            near = (bits <= MAX_DIFFERING_BITS) & (shift <= MAX_COLOR_SHIFT)
            for j in np.flatnonzero(near):
                yield int(firsts[j]), int(firsts[i])

    return connected_groups(len(prints), duplicates())
