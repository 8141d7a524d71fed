"""Packs directories of Exif with Pillow, but keeps every byte of a text.

Exif's texts should be ASCII and are in fact UTF-8, Latin-1 or anything.
Pillow reads their bytes as Latin-1, which loses none, but writes a question
mark for each that is not ASCII.

Reference:
    - Exif 3.0, section 4.6; TIFF 6.0, section 2
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

_HEAD = b"II*\0\x08\0\0\0"


def text_bytes(text: str) -> bytes:
    """Gives the bytes that Pillow read as a text."""
    return text.encode("latin-1")


def pack_exif(
    main: Mapping[int, Any],
    photo: Mapping[int, Any],
    gps: Mapping[int, Any],
) -> bytes:
    """Packs Exif as JPEG and WebP hold it; empty for none.

    Args:
        main: Tags of the main directory.
        photo: Tags of the exposure's directory.
        gps: Tags of the place's directory.
    """
    nested = {
        tag: values
        for tag, values in (
            (ExifTags.IFD.Exif, photo),
            (ExifTags.IFD.GPSInfo, gps),
        )
        if values
    }
    if not main and not nested:
        return b""
    pointers: dict[int, int] = dict.fromkeys(nested, 0)
    start = len(_HEAD)
    place = start + len(pack_directory({**main, **pointers}, start))
    behind = b""
    for tag, values in nested.items():
        pointers[tag] = place + len(behind)
        behind += pack_directory(values, pointers[tag], group=tag)
    front = pack_directory({**main, **pointers}, start)
    return b"Exif\0\0" + _HEAD + front + behind


def pack_directory(
    values: Mapping[int, Any],
    place: int,
    *,
    head: bytes = _HEAD,
    group: int | None = None,
) -> bytes:
    """Packs one directory and what its entries point to.

    Args:
        values: What Pillow read, by tag.
        place: The byte at which it will stand, counted from the head.
        head: First bytes of the file, which tell the order of bytes and
            whether it is a BigTIFF.
        group: The tag that points to the directory; none for the main one.
    """
    directory: Any = ImageFileDirectory_v2(head, group=group)
    with warnings.catch_warnings():
        # Pillow remarks on tags of more values than there should be.
        warnings.simplefilter("ignore", UserWarning)
        for tag, value in values.items():
            if isinstance(value, str):
                directory.tagtype[tag] = TiffTags.ASCII
                value = text_bytes(value)
            directory[tag] = value
        return bytes(directory.tobytes(place))
