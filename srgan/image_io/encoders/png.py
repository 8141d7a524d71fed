"""Writes PNG row by row, 8 or 16 bits, whatever the image's size.

Reference:
    - [PNG, third edition](https://www.w3.org/TR/png-3/)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from srgan.image_io.encoders.header import Header, in_groups

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
_PAETH = 4
# Bytes that are filtered at once.
_CHUNK = 2**22
_INCHES_PER_METRE = 1 / 0.0254


def encode_png(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a PNG.

    Args:
        file: Where to write.
        header: Kind and size of the image.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    file.write(_SIGNATURE)
    size = struct.pack(">II", header.width, header.height)
    kind = bytes([header.bits, _COLOUR_TYPE[header.channels], 0, 0, 0])
    _write_chunk(file, b"IHDR", size + kind)
    _write_metadata(file, header)
    compressor = zlib.compressobj()
    step = header.channels * header.bits // 8
    above = np.zeros((1, header.row_bytes), np.uint8)
    for rows in in_groups(bands, max(1, _CHUNK // header.row_bytes)):
        raw = np.ascontiguousarray(rows, dtype=f">u{header.bits // 8}")
        raw = raw.view(np.uint8).reshape(len(rows), -1)
        data = compressor.compress(_paeth(raw, above, step).tobytes())
        if data:
            _write_chunk(file, b"IDAT", data)
        above = raw[-1:]
    _write_chunk(file, b"IDAT", compressor.flush())
    _write_chunk(file, b"IEND", b"")


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _write_metadata(file: BinaryIO, header: Header) -> None:
    facts = header.metadata
    if facts.icc:
        profile = b"ICC profile\0\0" + zlib.compress(facts.icc)
        _write_chunk(file, b"iCCP", profile)
    if facts.dpi:
        across, down = (round(d * _INCHES_PER_METRE) for d in facts.dpi)
        _write_chunk(file, b"pHYs", struct.pack(">IIB", across, down, 1))
    exif = facts.exif(header.height, header.width)
    if exif:
        _write_chunk(file, b"eXIf", exif.removeprefix(b"Exif\0\0"))


def _paeth(raw: np.ndarray, above: np.ndarray, step: int) -> np.ndarray:
    """Filters rows of bytes by Paeth's predictor, the best for photographs.

    Args:
        raw: uint8 array of shape `(rows, bytes)`.
        above: The row before the first one, shape `(1, bytes)`.
        step: Bytes in a pixel.

    Returns:
        uint8 array with the number of the filter in front of each row.
    """
    padded = np.pad(np.concatenate([above, raw]), ((0, 0), (step, 0)))
    padded = padded.astype(np.int16)
    left, up, corner = (
        padded[1:, :-step], padded[:-1, step:], padded[:-1, :-step],
    )  # fmt: skip
    to_left, to_up = np.abs(up - corner), np.abs(left - corner)
    to_corner = np.abs(left + up - 2 * corner)
    nearest = np.where(to_up <= to_corner, up, corner)
    by_left = (to_left <= to_up) & (to_left <= to_corner)
    guess = np.where(by_left, left, nearest).astype(np.uint8)
    filtered = np.empty((len(raw), 1 + raw.shape[1]), np.uint8)
    filtered[:, 0] = _PAETH
    np.subtract(raw, guess, out=filtered[:, 1:])
    return filtered
