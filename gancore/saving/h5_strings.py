"""Checks the variable-length strings of an HDF5 file.

Such a string lies in a global heap; the attribute holds a pointer: the
string's length, the address of the heap and an index in it. HDF5 loops for
ever over a heap that has an object of size 0, and allocates the length of a
pointer before it looks for the string. So both are checked in the raw bytes,
by the HDF5 File Format Specification 3.0, sections III.E and IV.A.2.m.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping

import numpy as np

# Global heap: signature and version, 3 reserved bytes, size in bytes.
_HEAP_SIGNATURE = b"GCOL\1"
_HEAP_HEADER = struct.Struct("<5s3xQ")
# Object in a heap: index, reference count, 4 reserved bytes, size in bytes.
_OBJECT_HEADER = struct.Struct("<HH4xQ")
# Index of the free space, whose size includes its own header.
_FREE_SPACE = 0
# A network of a thousand layers has about sixty heaps.
_MAX_HEAPS = 1024
_MAX_HEAP_OBJECTS = 2**18

# Attribute message: sizes of name, datatype and dataspace, after version and
# flags.
_ATTRIBUTE_SIZES = struct.Struct("<BBHHH")
_POINTER = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])
_VARIABLE_LENGTH_CLASS = 9
_NULL_DATASPACE = 2
# Fractal heaps hold the attributes of an object that has many, and may be
# compressed.
_FRACTAL_HEAP_SIGNATURE = b"FRHP\0"
_MAX_NAMES = 64


def check_heaps(image: bytes) -> None:
    """Checks that every global heap can be traversed, and that there are few.

    Args:
        image: Whole file, with addresses and lengths of 8 bytes.

    Raises:
        ValueError: If a heap is invalid or there are too many.
    """
    heaps = objects = 0
    for start in _find_all(image, _HEAP_SIGNATURE):
        found = _count_objects(image, start)
        heaps, objects = heaps + bool(found), objects + found
        if heaps > _MAX_HEAPS or objects > _MAX_HEAP_OBJECTS:
            raise ValueError("it has too many strings")


def _count_objects(image: bytes, start: int) -> int:
    """Returns the number of objects in a heap, 0 if it is not a heap."""
    if start + _HEAP_HEADER.size > len(image):
        return 0
    _, size = _HEAP_HEADER.unpack_from(image, start)
    end = start + size
    # Weights may look like a signature by chance; HDF5 reads no such heap.
    if end > len(image):
        return 0
    indices: set[int] = set()
    position = start + _HEAP_HEADER.size
    while position + _OBJECT_HEADER.size <= end:
        index, _, length = _OBJECT_HEADER.unpack_from(image, position)
        # Objects are aligned to 8 bytes.
        step = _OBJECT_HEADER.size + -(-length // 8) * 8
        if index == _FREE_SPACE:
            step = length
        if not 0 < step <= end - position or index in indices:
            raise ValueError("a heap of strings is invalid")
        indices.add(index)
        position += step
    return len(indices)


def check_pointers(image: bytes, names: Mapping[bytes, int]) -> None:
    """Checks that no attribute declares strings longer than the file.

    Args:
        image: Whole file, with addresses and lengths of 8 bytes.
        names: Attribute name -> number of attributes of that name that hold
            variable-length strings.

    Raises:
        ValueError: If one does, or cannot be found.
    """
    if len(names) > _MAX_NAMES or b"" in names:
        raise ValueError("its string attributes have too many names, or none")
    if any(
        _has_filters(image, position)
        for position in _find_all(image, _FRACTAL_HEAP_SIGNATURE)
    ):
        raise ValueError("its attributes are compressed")
    for name, count in names.items():
        found = 0
        for position in _find_all(image, name + b"\0"):
            for start, strings in _messages(image, position, len(name) + 1):
                found += 1
                pointers = np.frombuffer(image, _POINTER, strings, start)
                if pointers["length"].sum(dtype=np.uint64) > len(image):
                    raise ValueError("it declares strings longer than the file")
        if found < count:
            raise ValueError(f"its attribute {name!r} cannot be found")


def _find_all(image: bytes, pattern: bytes) -> Iterator[int]:
    position = image.find(pattern)
    while position >= 0:
        yield position
        position = image.find(pattern, position + 1)


def _has_filters(image: bytes, position: int) -> bool:
    """Returns whether a fractal heap has I/O filters."""
    return image[position + 7 : position + 9] != b"\0\0"


def _messages(
    image: bytes, position: int, name_size: int
) -> Iterator[tuple[int, int]]:
    """Yields the offset and number of pointers, if an attribute is named here.

    Args:
        image: Whole file.
        position: Offset of a name.
        name_size: Size of the name in bytes, with its terminating zero.
    """
    for version, header in ((1, 8), (2, 8), (3, 9)):
        if position < header:
            continue
        found = _ATTRIBUTE_SIZES.unpack_from(image, position - header)
        if (found[0], found[2]) != (version, name_size):
            continue
        flags, sizes = found[1], found[2:]
        # Version 1 pads each part to a multiple of 8 bytes.
        unit = 8 if version == 1 else 1
        datatype, dataspace, data = (
            position + sum(-(-part // unit) * unit for part in sizes[:parts])
            for parts in (1, 2, 3)
        )
        if not datatype < dataspace < data <= len(image):
            continue
        if version > 1 and flags:
            raise ValueError("an attribute has a shared datatype")
        count = _num_values(image[dataspace:data])
        if image[datatype] & 15 == _VARIABLE_LENGTH_CLASS and (
            count * _POINTER.itemsize <= len(image) - data
        ):
            yield data, count


def _num_values(dataspace: bytes) -> int:
    """Returns the number of values of a dataspace."""
    version, rank = dataspace[0], dataspace[1]
    if version == 2 and dataspace[3] == _NULL_DATASPACE:
        return 0
    offset = 8 if version == 1 else 4
    return math.prod(map(int, np.frombuffer(dataspace, "<u8", rank, offset)))
