"""Reads what Pillow does not return of an AVIF.

Reference:
    - [AV1 in ISO base media files](https://aomediacodec.github.io/av1-isobmff/),
      section 2.3; ISO/IEC 14496-12, section 12.1.5 (`colr`)
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEAD_BYTES = 65_536
_CONFIG, _CODED_COLOR = b"av1C", b"colrnclx"
_HIGH_BIT_DEPTH = 0x40


def is_deep_avif(path: Path) -> bool:
    """Checks whether an AVIF has 10 or 12 bits per channel."""
    head = _head(path)
    place = head.find(_CONFIG)
    flags = head[place + 6 : place + 7]
    return place >= 0 and bool(flags) and bool(flags[0] & _HIGH_BIT_DEPTH)


def coded_color_of(path: Path) -> tuple[int, int] | None:
    """Returns the numbers of primaries and transfer function, if any."""
    head = _head(path)
    place = head.find(_CODED_COLOR)
    start = place + len(_CODED_COLOR)
    if place < 0 or len(head) < start + 4:
        return None
    primaries, transfer = struct.unpack_from(">HH", head, start)
    return primaries, transfer


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)
