"""Looks at the heaps of an HDF5 file, where texts of variable length lie.

How long such a text is cannot be asked before it is read, and HDF5 believes
what a heap says of its parts: one that says it has no size is read for ever.
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


def longest_text(image: bytes) -> int:
    """Gives the most bytes that a text of variable length can have.

    Args:
        image: A whole file, of addresses and lengths of 8 bytes.

    Raises:
        ValueError: If a heap makes no sense.
    """
    longest = 0
    start = image.find(_MARK)
    while start >= 0:
        longest = max(longest, _longest_part(image, start))
        start = image.find(_MARK, start + 1)
    return longest


def _longest_part(image: bytes, start: int) -> int:
    """Walks through a heap from part to part."""
    if start + _HEAD.size > len(image):
        return 0
    _, size = _HEAD.unpack_from(image, start)
    end = start + size
    # By chance, numbers may look like a mark; HDF5 reads no heap like that.
    if end > len(image):
        return 0
    longest, at = 0, start + _HEAD.size
    while at + _PART.size <= end:
        number, _, length = _PART.unpack_from(image, at)
        if number == _FREE:
            step = length
        else:
            # Parts begin at multiples of eight.
            step = _PART.size + -(-length // 8) * 8
            longest = max(longest, length)
        if not 0 < step <= end - at:
            raise ValueError("a heap of texts makes no sense")
        at += step
    return longest
