"""Writes JPEG band by band, in bounded memory.

Each band is encoded as a JPEG of its own. With a restart marker after every
row of blocks no band depends on another, so their entropy-coded segments can
be concatenated under the tables of the first. The markers count modulo 8,
therefore a band has 8 rows of blocks.

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

from srgan.image_io.encoders.header import Header, regroup_rows
from srgan.image_io.iptc import iptc_segment

# Chroma is not subsampled, so a block is 8 pixels high.
_ROWS = 8 * 8
_FRAME, _SCAN = 0xC0, 0xDA
_RESTART_7 = b"\xff\xd7"
_END = b"\xff\xd9"


def encode_jpeg(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a baseline JPEG without chroma subsampling.

    Args:
        file: Binary file to write to.
        header: Kind and size of the image, 8 bits, gray or RGB.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    metadata = header.metadata
    settings: dict[str, Any] = {
        "quality": header.quality,
        "exif": metadata.exif(header.height, header.width),
        "icc_profile": metadata.icc,
        "xmp": metadata.xmp_of_size(header.height, header.width),
        "comment": metadata.comment,
        "extra": iptc_segment(metadata.iptc),
    }
    if metadata.dpi:
        settings["dpi"] = tuple(map(round, metadata.dpi))
    plain = {"quality": header.quality}
    for i, rows in enumerate(regroup_rows(bands, _ROWS)):
        pixels = rows[..., 0] if header.channels == 1 else rows
        data = _encode(pixels, plain if i else settings)
        height_offset, scan_offset = _find_offsets(data)
        if i:
            file.write(_RESTART_7)
        else:
            height = struct.pack(">H", header.height)
            file.write(data[:height_offset] + height)
            file.write(data[height_offset + 2 : scan_offset])
        file.write(data[scan_offset : -len(_END)])
    file.write(_END)


def _encode(pixels: np.ndarray, settings: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        buffer,
        "JPEG",
        subsampling=0,
        restart_marker_rows=1,
        **settings,
    )
    return buffer.getvalue()


def _find_offsets(data: bytes) -> tuple[int, int]:
    """Finds the offsets of the image height and of the coded pixels."""
    offset, height_offset = 2, 0
    while True:
        marker, length = data[offset + 1], data[offset + 2 : offset + 4]
        if marker == _FRAME:
            height_offset = offset + 5
        offset += 2 + int.from_bytes(length, "big")
        if marker == _SCAN:
            return height_offset, offset
