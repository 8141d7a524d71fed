"""Packs Exif directories with Pillow, preserving every byte of a string.

Exif strings should be ASCII and are in practice UTF-8, Latin-1 or any other
encoding. Pillow decodes their bytes as Latin-1, which loses none, but encodes
each character that is not ASCII as a question mark.

Reference:
    - Exif 3.0, section 4.6; TIFF 6.0, section 2
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

_TIFF_HEADER = b"II*\0\x08\0\0\0"
_JPEG_COMPRESSION = 6


def encode_text(text: str) -> bytes:
    """Returns the bytes that Pillow decoded to a string."""
    return text.encode("latin-1")


def pack_exif(
    main: Mapping[int, Any],
    exif_ifd: Mapping[int, Any],
    gps: Mapping[int, Any],
    thumbnail: bytes = b"",
) -> bytes:
    """Packs Exif data as stored in JPEG and WebP.

    Args:
        main: Tags of the main directory (IFD0).
        exif_ifd: Tags of the Exif directory: exposure, lens and so on.
        gps: Tags of the GPS directory.
        thumbnail: A JPEG for the second directory (IFD1).

    Returns:
        The packed bytes; empty if there are no tags.
    """
    nested = {
        tag: values
        for tag, values in (
            (ExifTags.IFD.Exif, exif_ifd),
            (ExifTags.IFD.GPSInfo, gps),
        )
        if values
    }
    if not main and not nested and not thumbnail:
        return b""
    pointers: dict[int, int] = dict.fromkeys(nested, 0)
    start = len(_TIFF_HEADER)
    offset = start + len(pack_ifd({**main, **pointers}, start))
    packed = b""
    for tag, values in nested.items():
        pointers[tag] = offset + len(packed)
        packed += pack_ifd(values, pointers[tag], group=tag)
    main_ifd = pack_ifd({**main, **pointers}, start)
    if thumbnail:
        following = offset + len(packed)
        packed += _pack_thumbnail(thumbnail, following)
        # The offset of the next directory follows the last entry.
        end = 2 + 12 * len({**main, **pointers})
        pointer = struct.pack("<I", following)
        main_ifd = main_ifd[:end] + pointer + main_ifd[end + 4 :]
    return b"Exif\0\0" + _TIFF_HEADER + main_ifd + packed


def _pack_thumbnail(thumbnail: bytes, offset: int) -> bytes:
    """Packs the directory of a thumbnail, and the thumbnail after it."""
    fields: dict[int, Any] = {
        ExifTags.Base.Compression: _JPEG_COMPRESSION,
        ExifTags.Base.JpegIFOffset: 2**31,  # Of four bytes, like the real one.
        ExifTags.Base.JpegIFByteCount: len(thumbnail),
    }
    size = len(pack_ifd(fields, offset))
    fields[ExifTags.Base.JpegIFOffset] = offset + size
    return pack_ifd(fields, offset) + thumbnail


def pack_ifd(
    values: Mapping[int, Any],
    offset: int,
    *,
    header: bytes = _TIFF_HEADER,
    group: int | None = None,
) -> bytes:
    """Packs one directory (IFD) and the values that its entries point to.

    Args:
        values: Values as Pillow read them, by tag.
        offset: Position of the directory in the file, in bytes.
        header: First bytes of the file, which set the byte order and
            whether it is a BigTIFF.
        group: The tag that points to the directory; `None` for the main one.
    """
    directory: Any = ImageFileDirectory_v2(header, group=group)
    with warnings.catch_warnings():
        # Pillow warns of tags with more values than expected.
        warnings.simplefilter("ignore", UserWarning)
        for tag, value in values.items():
            if isinstance(value, str):
                directory.tagtype[tag] = TiffTags.ASCII
                value = encode_text(value)
            directory[tag] = value
        return bytes(directory.tobytes(offset))
