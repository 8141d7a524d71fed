"""Looks at the attributes of an HDF5 file that point to texts.

A text of variable length lies in a heap; the attribute has its length, the
place of the heap and its number there. HDF5 takes memory for the length before
it looks for the text. So attributes are found by their names, as the file
format lays them out (HDF5 File Format Specification 3.0, IV.A.2.m), and their
lengths added up.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping

import numpy as np

# Sizes of name, datatype and dataspace, behind version and flags.
_SIZES = struct.Struct("<BBHHH")
_POINTER = np.dtype([("length", "<u4"), ("heap", "<u8"), ("number", "<u4")])
_VARIABLE = 9
_NO_SPACE = 2
# Heaps of attributes, of which a part may be compressed.
_DENSE = b"FRHP\0"
_MOST_NAMES = 64


def check_pointers(image: bytes, names: Mapping[bytes, int]) -> None:
    """Checks that no attribute says that its texts are longer than the file.

    Args:
        image: A whole file, of addresses and lengths of 8 bytes.
        names: How many attributes of a name have texts of variable length.

    Raises:
        ValueError: If one does, or cannot be found.
    """
    if len(names) > _MOST_NAMES or b"" in names:
        raise ValueError("its texts have too many names, or none")
    if any(_packed(image, at) for at in _places(image, _DENSE)):
        raise ValueError("its attributes are compressed")
    for name, count in names.items():
        met = 0
        for at in _places(image, name + b"\0"):
            for start, texts in _messages(image, at, len(name) + 1):
                met += 1
                said = np.frombuffer(image, _POINTER, texts, start)["length"]
                if said.sum(dtype=np.uint64) > len(image):
                    raise ValueError(
                        "texts are said to be longer than the file"
                    )
        if met < count:
            raise ValueError(f"its attribute {name!r} cannot be found")


def _places(image: bytes, what: bytes) -> Iterator[int]:
    at = image.find(what)
    while at >= 0:
        yield at
        at = image.find(what, at + 1)


def _packed(image: bytes, at: int) -> bool:
    """Tells whether such a heap names filters."""
    return image[at + 7 : at + 9] != b"\0\0"


def _messages(image: bytes, at: int, size: int) -> Iterator[tuple[int, int]]:
    """Gives where pointers begin and how many, if this names an attribute."""
    for version, head in ((1, 8), (2, 8), (3, 9)):
        if at < head:
            continue
        found = _SIZES.unpack_from(image, at - head)
        if (found[0], found[2]) != (version, size):
            continue
        flags, sizes = found[1], found[2:]
        # The first version pads each part to a multiple of eight.
        unit = 8 if version == 1 else 1
        kind, space, data = (
            at + sum(-(-part // unit) * unit for part in sizes[:parts])
            for parts in (1, 2, 3)
        )
        if not kind < space < data <= len(image):
            continue
        if version > 1 and flags:
            raise ValueError("an attribute shares its kind with others")
        count = _length(image[space:data])
        if image[kind] & 15 == _VARIABLE and (
            count * _POINTER.itemsize <= len(image) - data
        ):
            yield data, count


def _length(space: bytes) -> int:
    """Gives how many values a dataspace has."""
    version, dimensions = space[0], space[1]
    if version == 2 and space[3] == _NO_SPACE:
        return 0
    first = 8 if version == 1 else 4
    sizes = np.frombuffer(space, "<u8", dimensions, first)
    return math.prod(map(int, sizes))
