"""Writes animated WebP frame by frame.

Reference:
    - [WebP container](https://www.rfc-editor.org/rfc/rfc9649), section 2.7
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

from srgan.image_io.encoders.animation import AnimationHeader

_ANIMATED, _XMP, _EXIF, _ALPHA, _ICC = 0x02, 0x04, 0x08, 0x10, 0x20
# The frame replaces the one before, and is not disposed of.
_REPLACE = 0x02
_FRAME_CHUNKS = (b"ALPH", b"VP8 ", b"VP8L")
_MAX_DURATION = 2**24 - 1


def encode_webp_animation(
    file: BinaryIO,
    header: AnimationHeader,
    frames: Iterable[tuple[np.ndarray, float]],
) -> None:
    """Writes an animation: lossless if the source was, otherwise lossy.

    Args:
        file: Seekable binary file to write to.
        header: Size and number of the frames, and metadata.
        frames: uint8 arrays of shape `(height, width, 3 or 4)`, and durations
            in milliseconds.
    """
    metadata = header.metadata
    exif = metadata.exif(header.height, header.width, with_dpi=True)
    exif = exif.removeprefix(b"Exif\0\0")
    xmp = metadata.xmp_of_size(header.height, header.width)
    flags = (
        _ANIMATED
        | _ALPHA * header.may_be_transparent
        | _ICC * bool(metadata.icc)
        | _EXIF * bool(exif)
        | _XMP * bool(xmp)
    )
    file.write(b"RIFF\0\0\0\0WEBP")
    size = _three(header.width - 1) + _three(header.height - 1)
    _write_chunk(file, b"VP8X", bytes([flags, 0, 0, 0]) + size)
    if metadata.icc:
        _write_chunk(file, b"ICCP", metadata.icc)
    loop = 1 if header.loop is None else min(header.loop, 65_535)
    _write_chunk(file, b"ANIM", struct.pack("<IH", 0, loop))
    for pixels, milliseconds in frames:
        duration = min(round(milliseconds), _MAX_DURATION)
        head = bytes(6) + size + _three(duration) + bytes([_REPLACE])
        _write_chunk(file, b"ANMF", head + _encode(pixels, header))
    if exif:
        _write_chunk(file, b"EXIF", exif)
    if xmp:
        _write_chunk(file, b"XMP ", xmp)
    length = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", length - 8))


def _encode(pixels: np.ndarray, header: AnimationHeader) -> bytes:
    """Returns the chunks of a frame."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        buffer,
        "WEBP",
        quality=header.quality,
        lossless=header.metadata.lossless,
        exact=True,
    )
    return b"".join(_frame_chunks(buffer.getvalue()))


def _frame_chunks(data: bytes) -> Iterator[bytes]:
    offset = 12
    while offset < len(data):
        name, size = struct.unpack_from("<4sI", data, offset)
        end = offset + 8 + size + size % 2
        if name in _FRAME_CHUNKS:
            yield data[offset:end]
        offset = end


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack("<4sI", name, len(data)) + data)
    file.write(bytes(len(data) % 2))


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
