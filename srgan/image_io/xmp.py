"""Corrects XMP, a description in XML, for an upscaled image.

Reference:
    - [XMP specification](https://developer.adobe.com/xmp/docs/XMPSpecifications/),
      parts 1 and 2
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from xml.parsers import expat

logger = logging.getLogger(__name__)

_MAX_BYTES = 2**24
_PROPERTY = (
    rb"""\s+%(name)s\s*=\s*("[^"]*"|'[^']*')|<%(name)s>[^<]*</%(name)s>"""
)
# Properties of what an output no longer has: an orientation, a gain map, a
# video, parts of the XMP outside of it.
_REMOVED = re.compile(
    _PROPERTY
    % {
        b"name": rb"(?:tiff:Orientation|hdrgm:\w+|xmpNote:HasExtendedXMP"
        rb"|GCamera:(?:MotionPhoto|MicroVideo)\w*)"
    }
)
_DIRECTORY = re.compile(rb"<(\w*Container:Directory)\b.*?</\1>", re.DOTALL)
_WIDTHS = rb"(?:tiff:ImageWidth|exif:PixelXDimension)"
_HEIGHTS = rb"(?:tiff:ImageLength|exif:PixelYDimension)"
_NUMBER = rb"""(%s(?:\s*=\s*["']|>)\s*)\d+"""


def clean_xmp(xmp: bytes, path: Path) -> bytes:
    """Removes what does not hold for the output.

    XMP that is no well-formed XML is dropped with a warning.

    Args:
        xmp: The packet; empty if there is none.
        path: The file, for the warning.
    """
    xmp = xmp.rstrip(b"\0 ")
    if not xmp:
        return b""
    if len(xmp) <= _MAX_BYTES and _is_well_formed(xmp):
        cleaned = _DIRECTORY.sub(b"", _REMOVED.sub(b"", xmp))
        if cleaned == xmp or _is_well_formed(cleaned):
            return cleaned
    logger.warning(f"{path}: the XMP is damaged and is left out")
    return b""


def xmp_of_size(xmp: bytes, height: int, width: int) -> bytes:
    """Returns XMP with another size of the image, where it has one."""
    for names, size in ((_WIDTHS, width), (_HEIGHTS, height)):
        xmp = re.sub(_NUMBER % names, rb"\g<1>%d" % size, xmp)
    return xmp


def _is_well_formed(xmp: bytes) -> bool:
    parser = expat.ParserCreate()
    # A document type could declare entities that multiply.
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(xmp, True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _refuse(*args: object) -> None:
    raise ValueError("a document type declaration")
