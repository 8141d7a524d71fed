"""Writes BMP row by row, in bounded memory.

Reference:
    - [BITMAPV4HEADER](https://learn.microsoft.com/windows/win32/api/wingdi/)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from srgan.image_io.encoders.header import Header

_FILE_HEADER = 14
_UNCOMPRESSED, _BIT_FIELDS = 0, 3
_SRGB = b"BGRs"
# Masks of red, green, blue and alpha in a pixel of 32 bits.
_MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
_INCHES_PER_METER = 1 / 0.0254


def encode_bmp(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes an uncompressed, top-down BMP.

    Args:
        file: Binary file to write to.
        header: Kind and size of the image, 8 bits: gray, RGB, or RGB and
            alpha.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    row_bytes = _padded_row_bytes(header)
    palette = b""
    if header.channels == 1:
        palette = bytes(v for i in range(256) for v in (i, i, i, 0))
    info_header = _info_header(header, row_bytes)
    start = _FILE_HEADER + len(info_header) + len(palette)
    file.write(b"BM" + struct.pack("<IHHI", bmp_bytes(header), 0, 0, start))
    file.write(info_header + palette)
    order = [2, 1, 0, 3] if header.channels == 4 else [2, 1, 0]
    for rows in bands:
        pixels = rows if header.channels == 1 else rows[..., order]
        padded = np.zeros((len(rows), row_bytes), np.uint8)
        padded[:, : header.row_bytes] = pixels.reshape(len(rows), -1)
        file.write(padded.tobytes())


def bmp_bytes(header: Header) -> int:
    """Computes the file size; the format allows less than 4 GiB."""
    extra = {1: 40 + 1024, 3: 40, 4: 108}[header.channels]
    return _FILE_HEADER + extra + _padded_row_bytes(header) * header.height


def _padded_row_bytes(header: Header) -> int:
    return -(-header.row_bytes // 4) * 4


def _info_header(header: Header, row_bytes: int) -> bytes:
    dpi = header.metadata.dpi or (0, 0)
    alpha = header.channels == 4
    info_header = struct.pack(
        "<IiiHHIIiiII",
        108 if alpha else 40,
        header.width,
        -header.height,  # Negative: the first row is the top one.
        1,
        8 * header.channels,
        _BIT_FIELDS if alpha else _UNCOMPRESSED,
        row_bytes * header.height,
        *(round(d * _INCHES_PER_METER) for d in dpi),
        256 if header.channels == 1 else 0,
        0,
    )
    if alpha:
        # End points and gammas are ignored with sRGB.
        info_header += struct.pack("<4I4s48x", *_MASKS, _SRGB)
    return info_header
