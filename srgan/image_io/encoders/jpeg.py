"""Writes JPEG band by band, whatever the image's size.

Each band is a JPEG of its own. With a restart marker after every row of
blocks no band depends on another, so their coded pixels can stand behind each
other under the first one's tables. The markers count modulo 8, which is why a
band has 8 rows of blocks.

Reference:
    - [ITU-T T.81](https://www.w3.org/Graphics/JPEG/itu-t81.pdf), B.1 and E.1.4
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from srgan.image_io.encoders.header import Header, in_groups

# Colours are not subsampled, so a block is 8 pixels high.
_ROWS = 8 * 8
_QUALITY = 95
_FRAME, _SCAN = 0xC0, 0xDA
_LAST_RESTART = b"\xff\xd7"
_END = b"\xff\xd9"


def encode_jpeg(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a baseline JPEG of quality 95 without chroma subsampling.

    Args:
        file: Where to write.
        header: Kind and size of the image, 8 bits, grey or RGB.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    facts = header.metadata
    about: dict[str, Any] = {
        "exif": facts.exif(header.height, header.width),
        "icc_profile": facts.icc,
    }
    if facts.dpi:
        about["dpi"] = tuple(map(round, facts.dpi))
    for i, rows in enumerate(in_groups(bands, _ROWS)):
        pixels = rows[..., 0] if header.channels == 1 else rows
        data = _encode(pixels, {} if i else about)
        height_at, scan_at = _find(data)
        if i:
            file.write(_LAST_RESTART)
        else:
            height = struct.pack(">H", header.height)
            file.write(data[:height_at] + height)
            file.write(data[height_at + 2 : scan_at])
        file.write(data[scan_at : -len(_END)])
    file.write(_END)


def _encode(pixels: np.ndarray, about: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        buffer,
        "JPEG",
        quality=_QUALITY,
        subsampling=0,
        restart_marker_rows=1,
        **about,
    )
    return buffer.getvalue()


def _find(data: bytes) -> tuple[int, int]:
    """Finds the image's height and the first byte of the coded pixels."""
    place, height_at = 2, 0
    while True:
        marker, length = data[place + 1], data[place + 2 : place + 4]
        if marker == _FRAME:
            height_at = place + 5
        place += 2 + int.from_bytes(length, "big")
        if marker == _SCAN:
            return height_at, place
