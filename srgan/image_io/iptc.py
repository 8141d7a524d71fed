"""Reads and packs IPTC data: captions, keywords, credits.

Reference:
    - IPTC-NAA Information Interchange Model 4.2; Adobe Photoshop file
      formats, image resource blocks
"""

from __future__ import annotations

import struct
from typing import Any

from PIL import Image

from srgan.image_io.png_chunks import PngChunk

_RESOURCE = 0x0404
_TIFF_IPTC, _TIFF_PHOTOSHOP = 33723, 34377
_MARKER = b"\x1c"
_RESOURCE_HEADER = b"8BIM"
_SEGMENT = b"Photoshop 3.0\0"
_PNG_KEYWORD = b"Raw profile type iptc"


def find_iptc(image: Image.Image, png: tuple[PngChunk, ...]) -> bytes:
    """Returns the IPTC data of an opened image; empty if there are none.

    Args:
        image: The image.
        png: Its chunks of metadata, if it is a PNG.
    """
    resources = image.info.get("photoshop")
    if isinstance(resources, dict):
        return _valid(resources.get(_RESOURCE))
    tags: Any = getattr(image, "tag_v2", {})
    if _TIFF_IPTC in tags:
        value = tags[_TIFF_IPTC]
        if isinstance(value, tuple) and all(
            isinstance(number, int) for number in value
        ):
            # Some writers store it as numbers of 32 bits.
            order = getattr(tags, "prefix", b"II")
            kind = ">" if order == b"MM" else "<"
            value = struct.pack(f"{kind}{len(value)}I", *value)
        return _valid(value)
    for chunk in png:
        if chunk.keyword == _PNG_KEYWORD:
            return _valid(_from_hex(chunk.text))
    return b""


def iptc_segment(iptc: bytes) -> bytes:
    """Packs IPTC data as a segment of a JPEG (APP13); empty if none."""
    if not iptc:
        return b""
    data = _SEGMENT + _resource_block(iptc)
    return b"\xff\xed" + struct.pack(">H", len(data) + 2) + data


def iptc_png_text(iptc: bytes) -> bytes:
    """Packs IPTC data as the text of a PNG, as ImageMagick does."""
    block = _resource_block(iptc)
    lines = [block[i : i + 36].hex() for i in range(0, len(block), 36)]
    text = f"\niptc\n{len(block):8}\n" + "\n".join(lines) + "\n"
    return text.encode()


def _resource_block(iptc: bytes) -> bytes:
    header = _RESOURCE_HEADER + struct.pack(">HH", _RESOURCE, 0)
    size = struct.pack(">I", len(iptc))
    return header + size + iptc + bytes(len(iptc) % 2)


def _from_hex(text: bytes) -> bytes:
    """Reads the text of a PNG, which may hold a resource block."""
    try:
        data = bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
    except ValueError:
        return b""
    start = data.find(_MARKER)
    if data.startswith(_RESOURCE_HEADER) and start >= 0:
        size = int.from_bytes(data[start - 4 : start], "big")
        return data[start : start + size]
    return data


def _valid(value: Any) -> bytes:
    """Returns the data if they begin as IPTC data do."""
    if isinstance(value, bytes) and value.startswith(_MARKER):
        return value
    return b""
