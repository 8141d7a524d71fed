"""Reads the metadata of an image, to be written into another file."""

from __future__ import annotations

import dataclasses
import logging
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from srgan.image_io.iptc import find_iptc
from srgan.image_io.metadata import Metadata
from srgan.image_io.microscopy import report_lost_tags
from srgan.image_io.orientation import apply_orientation
from srgan.image_io.png_chunks import PngChunk
from srgan.image_io.quirks import TRANSPOSED_ORIENTATIONS
from srgan.image_io.resolution import container_dpi, exif_dpi, unitless
from srgan.image_io.thumbnail import make_thumbnail
from srgan.image_io.xmp import clean_xmp

logger = logging.getLogger(__name__)

_ORIENTATION = ExifTags.Base.Orientation
# The tags of the main directory that describe the image; the others describe
# the layout of one file. These are strings,
_TEXT_TAGS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Copyright,
)
# and these are numbers and, of Windows, bytes: rating, title, comment, author,
# keywords and subject.
_RATINGS = (ExifTags.Base.Rating, ExifTags.Base.RatingPercent)
_WINDOWS_TAGS = range(0x9C9B, 0x9CA0)
# Directories inside a directory, which would be offsets into the old file.
_NESTED = (ExifTags.IFD.Interop, ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
_DAMAGE = (
    ValueError, TypeError, SyntaxError, LookupError, struct.error,
    AttributeError, ArithmeticError, EOFError,
)  # fmt: skip
# More of it is no text but an attack.
_MAX_COMMENT = 2**24


def read_metadata(
    image: Image.Image,
    pixels: np.ndarray,
    path: Path,
    transposed: bool = False,
    png: tuple[PngChunk, ...] = (),
) -> Metadata:
    """Reads the metadata of a decoded image.

    A color profile for another number of channels and damaged Exif data are
    dropped with a warning.

    Args:
        image: Image that Pillow has loaded from a file.
        pixels: Its decoded pixels.
        path: The file, for warnings.
        transposed: Whether rows and columns were exchanged by the decoder.
        png: Chunks of metadata, if it is a PNG.
    """
    channels = pixels.shape[-1]
    icc = image.info.get("icc_profile") or None
    # An ICC header names the color space in bytes 16 to 19 (ICC.1, 7.2.6).
    expected = b"GRAY" if channels < 3 else b"RGB "
    if icc and icc[16:20] != expected:
        if image.mode != "CMYK":
            logger.warning(
                f"{path}: the color profile does not fit the image and is "
                "left out"
            )
        icc = None
    metadata = Metadata(
        icc=icc,
        dpi=container_dpi(image),
        xmp=clean_xmp(_bytes(image.info.get("xmp")), path),
        iptc=find_iptc(image, png),
        comment=_bytes(image.info.get("comment"))[:_MAX_COMMENT],
        png=tuple(chunk for chunk in png if chunk.is_kept),
    )
    report_lost_tags(image, path)
    try:
        exif = image.getexif()
        metadata = _with_orientation(metadata, exif, transposed)
        metadata = _with_exif(metadata, exif)
        if exif.get_ifd(ExifTags.IFD.IFD1):
            upright = apply_orientation(pixels, metadata.orientation)
            metadata = dataclasses.replace(
                metadata, thumbnail=make_thumbnail(upright)
            )
        return metadata
    except _DAMAGE:
        logger.warning(f"{path}: the Exif data are damaged and are left out")
        return metadata


def _with_orientation(
    metadata: Metadata, exif: Image.Exif, transposed: bool
) -> Metadata:
    orientation = exif.get(_ORIENTATION, 1)
    if orientation not in range(1, 9):
        orientation = 1
    dpi = metadata.dpi or exif_dpi(exif)
    if dpi and (transposed or orientation in TRANSPOSED_ORIENTATIONS):
        dpi = dpi[::-1]
    return dataclasses.replace(
        metadata,
        orientation=orientation,
        dpi=dpi,
        per_unit=None if dpi else unitless(exif),
    )


def _with_exif(metadata: Metadata, exif: Image.Exif) -> Metadata:
    exif_ifd = exif.get_ifd(ExifTags.IFD.Exif)
    metadata = dataclasses.replace(
        metadata,
        texts={
            tag: exif[tag]
            for tag in _TEXT_TAGS
            if isinstance(exif.get(tag), str)
        },
        exif_ifd={tag: v for tag, v in exif_ifd.items() if tag not in _NESTED},
        gps={
            tag: v
            for tag, v in exif.get_ifd(ExifTags.IFD.GPSInfo).items()
            if tag not in _NESTED
        },
    )
    metadata = dataclasses.replace(metadata, tags=_other_tags(exif))
    metadata.exif(1, 1)  # Values that cannot be packed fail here, not later.
    return metadata


def _other_tags(exif: Image.Exif) -> dict[int, Any]:
    tags: dict[int, Any] = {}
    for rating in _RATINGS:
        if isinstance(exif.get(rating), int) and 0 <= exif[rating] < 65536:
            tags[rating] = exif[rating]
    for tag in _WINDOWS_TAGS:
        value = exif.get(tag)
        if isinstance(value, tuple):
            value = bytes(value)
        if isinstance(value, bytes):
            tags[tag] = value
    return tags


def _bytes(value: Any) -> bytes:
    """Returns text as bytes; of anything else nothing."""
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""
