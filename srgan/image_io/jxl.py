"""Reads JPEG XL with imagecodecs, which leaves metadata to us.

Reference:
    - ISO/IEC 18181-1, section D.2 (sizes); 18181-2, section 9 (boxes)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_BOX_HEADER = 8
# Bytes of the codestream that hold the size of the image.
_SIZE_BYTES = 12
_HEIGHT_BITS = (9, 13, 18, 30)
# Width by height, by the number of the ratio.
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_MAX_METADATA = 2**26


class _Bits:
    """Reads bits from the lowest of the first byte on."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def read(self, count: int) -> int:
        value = self._value & (1 << count) - 1
        self._value >>= count
        return value


def jxl_size(path: Path) -> tuple[int, int]:
    """Reads width and height from the header.

    Raises:
        ValueError: If there is none.
    """
    with path.open("rb") as file:
        start = file.read(_SIZE_BYTES)
    if not start.startswith(b"\xff\x0a"):
        start = b"".join(_codestream_starts(path))[:_SIZE_BYTES]
    if not start.startswith(b"\xff\x0a"):
        raise ValueError("the file is damaged: it has no codestream")
    bits = _Bits(start[2:])
    small = bits.read(1)
    height = _side(bits, small)
    ratio = bits.read(3)
    if not ratio:
        return _side(bits, small), height
    numerator, denominator = _RATIOS[ratio - 1]
    return height * numerator // denominator, height


def _side(bits: _Bits, small: int) -> int:
    if small:
        return 8 * (bits.read(5) + 1)
    return 1 + bits.read(_HEIGHT_BITS[bits.read(2)])


def jxl_metadata(path: Path) -> dict[str, bytes]:
    """Reads Exif data and XMP, in the form in which Pillow keeps them."""
    with path.open("rb") as file:
        if file.read(2) == b"\xff\x0a":
            return {}
    found: dict[str, bytes] = {}
    for name, data in _boxes(path, (b"Exif", b"xml ")):
        if name == b"Exif":
            # An offset to the TIFF header comes first, usually 0.
            offset = int.from_bytes(data[:4], "big")
            found["exif"] = b"Exif\0\0" + data[4 + offset :]
        else:
            found["xmp"] = data
    return found


def decode_jxl(path: Path) -> np.ndarray:
    """Decodes the first frame, upright.

    Returns:
        Array of shape `(height, width, channels)` of any number type.

    Raises:
        ImportError: If imagecodecs is not installed.
        ValueError: If the file is damaged.
    """
    import imagecodecs

    try:
        pixels: Any = imagecodecs.jpegxl_decode(path.read_bytes(), index=0)
    except imagecodecs.JpegxlError as error:
        raise ValueError(f"the file is damaged ({error})") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _codestream_starts(path: Path) -> Iterator[bytes]:
    for name, data in _boxes(path, (b"jxlc", b"jxlp"), _SIZE_BYTES + 4):
        # The parts of a codestream are numbered.
        yield data[4:] if name == b"jxlp" else data


def _boxes(
    path: Path, names: tuple[bytes, ...], limit: int = _MAX_METADATA
) -> Iterator[tuple[bytes, bytes]]:
    """Yields the first bytes of the boxes of some names."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        offset = 0
        while offset + _BOX_HEADER <= end:
            file.seek(offset)
            size, name = struct.unpack(">I4s", file.read(_BOX_HEADER))
            header = _BOX_HEADER
            if size == 1:
                size = int.from_bytes(file.read(8), "big")
                header += 8
            size = size or end - offset
            if size < header:
                return
            if name in names:
                yield name, file.read(min(size - header, limit))
            offset += size
