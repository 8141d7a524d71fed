"""Looks at the heaps of an HDF5 file, where texts of variable length lie.

HDF5 reads a heap for ever of which a part has no size.
"""

from __future__ import annotations

import struct

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


def check_heaps(image: bytes) -> None:
    """Checks that each heap can be walked, and that they are not too many.

    Args:
        image: A whole file, of addresses and lengths of 8 bytes.

    Raises:
        ValueError: If it is not so.
    """
    heaps = parts = 0
    start = image.find(_MARK)
    while start >= 0:
        found = _count_parts(image, start)
        heaps, parts = heaps + bool(found), parts + found
        if heaps > _MOST_HEAPS or parts > _MOST_PARTS:
            raise ValueError("it has too many texts")
        start = image.find(_MARK, start + 1)


def _count_parts(image: bytes, start: int) -> int:
    """Gives how many parts a heap has; none if it is no heap."""
    if start + _HEAD.size > len(image):
        return 0
    _, size = _HEAD.unpack_from(image, start)
    end = start + size
    # By chance, numbers may look like a mark; HDF5 reads no heap like that.
    if end > len(image):
        return 0
    numbers: set[int] = set()
    at = start + _HEAD.size
    while at + _PART.size <= end:
        number, _, length = _PART.unpack_from(image, at)
        # Parts begin at multiples of eight.
        step = length if number == _FREE else _PART.size + -(-length // 8) * 8
        if not 0 < step <= end - at or number in numbers:
            raise ValueError("a heap of texts makes no sense")
        numbers.add(number)
        at += step
    return len(numbers)
