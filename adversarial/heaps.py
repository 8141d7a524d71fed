"""Looks at the heaps of an HDF5 file, where texts of variable length lie.

HDF5 cannot be asked how long such a text is, and believes what a file says: it
takes memory for a text of gigabytes before it finds that there is none, and
reads a heap for ever of which a part has no size. So both are looked at here.
"""

from __future__ import annotations

import struct

import numpy as np

# A heap begins with a mark and its version, three bytes of nothing, its size.
_MARK = b"GCOL\1"
_HEAD = struct.Struct("<5s3xQ")
# A part begins with its number, a count, four bytes of nothing and its size.
_PART = struct.Struct("<HH4xQ")
# What is left over has this number, and a size that counts its own beginning.
_FREE = 0
# A network of a thousand layers has some sixty heaps.
_MOST_HEAPS = 1024
_MOST_PARTS = 2**18
# Up to here a length that nothing bears out is no harm, and may be none.
_HARMLESS = 2**25


def longest_text(image: bytes) -> int:
    """Gives the most bytes that a text of variable length can have.

    Args:
        image: A whole file, of addresses and lengths of 8 bytes.

    Raises:
        ValueError: If a heap makes no sense, or a text is said to be longer
            than the file.
    """
    heaps: dict[int, dict[int, int]] = {}
    parts = 0
    start = image.find(_MARK)
    while start >= 0:
        heap = _parts(image, start)
        if heap:
            heaps[start] = heap
            parts += len(heap)
        if len(heaps) > _MOST_HEAPS or parts > _MOST_PARTS:
            raise ValueError("it has too many texts")
        start = image.find(_MARK, start + 1)
    if not heaps:
        return 0
    highest = max(max(heap) for heap in heaps.values())
    if _said(image, list(heaps), highest) > max(len(image), _HARMLESS):
        raise ValueError("a text is said to be longer than the file")
    return max(max(heap.values()) for heap in heaps.values())


def _parts(image: bytes, start: int) -> dict[int, int]:
    """Gives the sizes of the parts of a heap by their numbers, if it is one."""
    if start + _HEAD.size > len(image):
        return {}
    _, size = _HEAD.unpack_from(image, start)
    end = start + size
    # By chance, numbers may look like a mark; HDF5 reads no heap like that.
    if end > len(image):
        return {}
    lengths: dict[int, int] = {}
    at = start + _HEAD.size
    while at + _PART.size <= end:
        number, _, length = _PART.unpack_from(image, at)
        # Parts begin at multiples of eight.
        step = length if number == _FREE else _PART.size + -(-length // 8) * 8
        if not 0 < step <= end - at or number in lengths:
            raise ValueError("a heap of texts makes no sense")
        lengths[number] = length if number != _FREE else 0
        at += step
    return lengths


def _said(image: bytes, heaps: list[int], highest: int) -> int:
    """Gives the greatest length that a text is said to have.

    A text is pointed to by its length in four bytes, the place of its heap in
    eight and its number there in four, anywhere in the file.
    """
    each = np.frombuffer(image, np.uint8)
    places = np.array(heaps, "<u8")
    greatest = 0
    for shift in range(8):
        words = np.frombuffer(image, "<u8", (len(image) - shift) // 8, shift)
        near = (words >= places[0]) & (words <= places[-1])
        found = np.flatnonzero(near)
        found = found[np.isin(words[found], places)]
        at = found * 8 + shift - 4
        at = at[(at >= 0) & (at + 16 <= len(image))]
        said, number = (
            sum(
                each[at + first + i].astype(np.int64) << 8 * i for i in range(4)
            )
            for first in (0, 12)
        )
        there = (number > _FREE) & (number <= highest)
        greatest = max(greatest, int(np.max(said, initial=0, where=there)))
    return greatest
