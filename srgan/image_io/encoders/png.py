"""Writes PNG row by row, 8 or 16 bits, in bounded memory.

Reference:
    - [PNG, third edition](https://www.w3.org/TR/png-3/)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

from srgan.image_io.encoders.header import Header, regroup_rows
from srgan.image_io.iptc import iptc_png_text

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_PAETH = 4
# Bytes that are filtered at once.
_BLOCK_BYTES = 2**22
_INCHES_PER_METER = 1 / 0.0254


def encode_png(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a PNG.

    Args:
        file: Binary file to write to.
        header: Kind and size of the image.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    write_start(file, header)
    for data in compress_rows(header, bands):
        write_chunk(file, b"IDAT", data)
    write_chunk(file, b"IEND", b"")


def write_start(file: BinaryIO, header: Header) -> None:
    """Writes all that comes before the pixels."""
    file.write(_SIGNATURE)
    size = struct.pack(">II", header.width, header.height)
    kind = bytes([header.bits, _COLOR_TYPES[header.channels], 0, 0, 0])
    write_chunk(file, b"IHDR", size + kind)
    _write_metadata(file, header)


def compress_rows(
    header: Header, bands: Iterable[np.ndarray]
) -> Iterator[bytes]:
    """Yields the compressed pixels in parts.

    Args:
        header: Kind and size of the image.
        bands: As for `encode_png`.
    """
    compressor = zlib.compressobj()
    pixel_bytes = header.channels * header.bits // 8
    above = np.zeros((1, header.row_bytes), np.uint8)
    for rows in regroup_rows(bands, max(1, _BLOCK_BYTES // header.row_bytes)):
        raw = np.ascontiguousarray(rows, dtype=f">u{header.bits // 8}")
        raw = raw.view(np.uint8).reshape(len(rows), -1)
        data = compressor.compress(_paeth(raw, above, pixel_bytes).tobytes())
        if data:
            yield data
        above = raw[-1:]
    yield compressor.flush()


def write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    """Writes a chunk with its length and checksum."""
    file.write(struct.pack(">I", len(data)) + name + data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _write_metadata(file: BinaryIO, header: Header) -> None:
    metadata = header.metadata
    for chunk in metadata.color:
        write_chunk(file, chunk.name, chunk.data)
    if metadata.icc:
        profile = b"ICC profile\0\0" + zlib.compress(metadata.icc)
        write_chunk(file, b"iCCP", profile)
    if metadata.dpi:
        horizontal, vertical = (
            round(d * _INCHES_PER_METER) for d in metadata.dpi
        )
        write_chunk(file, b"pHYs", struct.pack(">IIB", horizontal, vertical, 1))
    exif = metadata.exif(header.height, header.width)
    if exif:
        write_chunk(file, b"eXIf", exif.removeprefix(b"Exif\0\0"))
    for name, data in _texts(header):
        write_chunk(file, name, data)


def _texts(header: Header) -> Iterator[tuple[bytes, bytes]]:
    metadata = header.metadata
    for chunk in metadata.png:
        yield chunk.name, chunk.data
    if metadata.xmp:
        xmp = metadata.xmp_of_size(header.height, header.width)
        yield b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp
    if metadata.iptc:
        text = zlib.compress(iptc_png_text(metadata.iptc))
        yield b"zTXt", b"Raw profile type iptc\0\0" + text
    if metadata.comment:
        # UTF-8, or else the Latin-1 that every byte is.
        try:
            metadata.comment.decode()
            yield b"iTXt", b"Comment" + bytes(5) + metadata.comment
        except UnicodeDecodeError:
            yield b"tEXt", b"Comment\0" + metadata.comment


def _paeth(raw: np.ndarray, above: np.ndarray, pixel_bytes: int) -> np.ndarray:
    """Filters rows of bytes by Paeth's predictor, the best for photos.

    Args:
        raw: uint8 array of shape `(rows, bytes)`.
        above: The row before the first one, shape `(1, bytes)`.
        pixel_bytes: Bytes per pixel.

    Returns:
        uint8 array with the number of the filter before each row.
    """
    padded = np.pad(np.concatenate([above, raw]), ((0, 0), (pixel_bytes, 0)))
    padded = padded.astype(np.int16)
    left, up, corner = (
        padded[1:, :-pixel_bytes],
        padded[:-1, pixel_bytes:],
        padded[:-1, :-pixel_bytes],
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
