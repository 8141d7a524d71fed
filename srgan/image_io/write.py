"""Writes images of any size from bands of rows, atomically."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gancore.errors import UserError
from gancore.io.atomic import atomic_write
from srgan.image_io.encoders.bmp import bmp_bytes, encode_bmp
from srgan.image_io.encoders.header import Header
from srgan.image_io.encoders.jpeg import encode_jpeg
from srgan.image_io.encoders.png import encode_png
from srgan.image_io.encoders.tiff import encode_tiff
from srgan.image_io.encoders.webp import encode_webp
from srgan.image_io.fitting import MetadataLimits, fit_metadata

_CHANNELS = {1: "gray", 2: "gray with alpha", 3: "RGB", 4: "RGB with alpha"}


_ANY_METADATA = MetadataLimits()


@dataclasses.dataclass(frozen=True)
class _Format:
    """Limits of a file format.

    Attributes:
        encode: Writes it.
        max_side: Largest height and width, in pixels.
        channels: Supported numbers of channels.
        max_bits: Most bits per channel.
        metadata: What it holds beside the pixels.
    """

    encode: Callable[[BinaryIO, Header, Iterable[np.ndarray]], None]
    max_side: int
    channels: tuple[int, ...] = (1, 2, 3, 4)
    max_bits: int = 8
    metadata: MetadataLimits = _ANY_METADATA


_PNG = _Format(
    encode_png,
    2**31 - 1,
    max_bits=16,
    metadata=MetadataLimits(iptc=2**30, comment=2**30, png=True),
)
# libjpeg, which nearly every program reads with, stops before 65,535.
# Exif, XMP, IPTC data and a comment are in one segment each, a color profile
# in 255 at most (ICC.1, B.4).
_JPEG = _Format(
    encode_jpeg,
    65_500,
    channels=(1, 3),
    metadata=MetadataLimits(
        exif=65_533,
        icc=255 * 65_519,
        xmp=65_504,
        iptc=65_506,
        comment=65_533,
    ),
)
_TIFF = _Format(
    encode_tiff, 2**32 - 1, max_bits=16, metadata=MetadataLimits(iptc=2**30)
)
_FORMATS = {
    ".png": _PNG,
    ".apng": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".jpe": _JPEG,
    ".jfif": _JPEG,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": _Format(encode_webp, 16_383),
    ".bmp": _Format(
        encode_bmp,
        2**31 - 1,
        channels=(1, 3, 4),
        metadata=MetadataLimits(exif=0, icc=0, xmp=0),
    ),
}
_BMP_LIMIT = 2**32
# Suffixes of the formats that are written.
WRITTEN = frozenset(_FORMATS)


def check_header(suffix: str, header: Header) -> None:
    """Checks that a format can hold an image, before the image is computed.

    Raises:
        UserError: If it cannot.
    """
    file_format = _FORMATS[suffix]
    size = f"{header.width} x {header.height} pixels"
    reason = ""
    if header.bits > file_format.max_bits:
        reason = f"{header.bits} bits per channel"
    elif header.channels not in file_format.channels:
        reason = f"{_CHANNELS[header.channels]} pixels"
    elif max(header.height, header.width) > file_format.max_side or (
        file_format.encode is encode_bmp and bmp_bytes(header) >= _BMP_LIMIT
    ):
        reason = size
    if reason:
        raise UserError(
            f"a {suffix} file cannot hold {reason}; try --format png or tiff"
        )


def check_lossless(suffix: str, header: Header) -> None:
    """Checks that a format stores every color as it is.

    Raises:
        UserError: If it does not.
    """
    encode = _FORMATS[suffix].encode
    if encode is encode_jpeg or (
        encode is encode_webp and not header.metadata.lossless
    ):
        raise UserError(
            f"a {suffix} file changes the colors that are kept; try "
            "--format png"
        )


def describe_format(suffix: str, header: Header) -> str:
    """Describes how an output is compressed, such as `lossless`."""
    encode = _FORMATS[suffix].encode
    if encode is encode_jpeg:
        chroma = ", chroma 4:4:4" if header.channels == 3 else ""
        return f"JPEG quality {header.quality}{chroma}"
    if encode is encode_webp and not header.metadata.lossless:
        return f"WebP quality {header.quality}, chroma 4:2:0"
    return "lossless"


def write_image(
    path: Path, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes an image atomically, in the format of its suffix.

    Args:
        path: File to write.
        header: Kind and size of the image.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`, uint8 or uint16.

    Raises:
        UserError: If the format cannot hold the image.
        RuntimeFailure: If the file cannot be written.
    """
    suffix = path.suffix.lower()
    check_header(suffix, header)
    file_format = _FORMATS[suffix]
    metadata = fit_metadata(header.metadata, file_format.metadata, path)
    header = dataclasses.replace(header, metadata=metadata)
    with atomic_write(path) as partial, partial.open("wb") as file:
        file_format.encode(file, header, bands)
