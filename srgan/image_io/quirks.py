"""Detects rare files that Pillow decodes incorrectly or incompletely.

Reference:
    - [WebP container](https://www.rfc-editor.org/rfc/rfc9649), section 2
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

_WHITE_IS_ZERO = 0
# Exif orientations that exchange rows and columns.
TRANSPOSED_ORIENTATIONS = range(5, 9)
# Levels of 8 bits per level of a gray PNG, by Pillow's raw mode.
_LEVEL_SCALES = {"L;2": 255 // 3, "L;4": 255 // 15}
# Follows the name of the container, its length and the name WEBP.
_FIRST_CHUNK = 12
_FRAME, _FRAME_HEADER = b"ANMF", 16


def raw_mode(image: Image.Image) -> str:
    """Returns Pillow's name of the stored layout of an undecoded image."""
    if not getattr(image, "tile", None):
        return ""
    arguments = image.tile[0].args  # type: ignore[attr-defined]
    first = arguments[0] if isinstance(arguments, tuple) else arguments
    return first if isinstance(first, str) else ""


def rescale_transparent_gray(image: Image.Image) -> None:
    """Rescales the transparent gray of a PNG of 2 or 4 bits to 8 bits.

    Pillow rescales the pixels, but not the transparent level.

    Args:
        image: An opened image, not yet decoded.
    """
    scale = _LEVEL_SCALES.get(raw_mode(image))
    if image.format == "PNG" and scale and "transparency" in image.info:
        image.info["transparency"] *= scale


def is_white_zero(image: Image.Image) -> bool:
    """Checks for a 16-bit TIFF whose 0 is white, which Pillow inverts."""
    kind = _tag(image, ExifTags.Base.PhotometricInterpretation, None)
    return image.mode.startswith("I") and kind == _WHITE_IS_ZERO


def decodes_transposed(image: Image.Image) -> bool:
    """Checks whether Pillow exchanges rows and columns while decoding.

    It applies the orientation of a TIFF and removes the tag; other formats
    stay as they are stored.

    Args:
        image: An opened image, not yet decoded.
    """
    orientation = _tag(image, ExifTags.Base.Orientation, 1)
    return orientation in TRANSPOSED_ORIENTATIONS


def is_lossless_webp(path: Path) -> bool:
    """Checks whether a WebP file stores its pixels without loss."""
    with path.open("rb") as file:
        file.seek(_FIRST_CHUNK)
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name in (b"VP8L", b"VP8 "):
                return name == b"VP8L"
            if name == _FRAME:  # It holds the chunks of a frame.
                file.seek(_FRAME_HEADER, 1)
            else:
                file.seek(length + length % 2, 1)
    return False


def _tag(image: Image.Image, tag: int, default: Any) -> Any:
    """Returns the value of a tag, which only a TIFF has."""
    return getattr(image, "tag_v2", {}).get(tag, default)
