"""Writes images of any size from rows that come one band after another."""

from __future__ import annotations

import dataclasses
import logging
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
from srgan.image_io.metadata import Metadata

logger = logging.getLogger(__name__)

_KINDS = {1: "grey", 2: "grey with alpha", 3: "RGB", 4: "RGB with alpha"}


@dataclasses.dataclass(frozen=True)
class _Format:
    """What a format can hold.

    Attributes:
        encode: Writes it.
        side: Most pixels along a side.
        channels: Numbers of channels it knows.
        bits: Most bits per channel.
        exif: Most bytes of Exif there is room for.
        icc: Most bytes of a colour profile.
    """

    encode: Callable[[BinaryIO, Header, Iterable[np.ndarray]], None]
    side: int
    channels: tuple[int, ...] = (1, 2, 3, 4)
    bits: int = 8
    exif: int = 2**31 - 1
    icc: int = 2**31 - 1


_PNG = _Format(encode_png, 2**31 - 1, bits=16)
# libjpeg, which nearly every program reads with, stops before 65,535.
# Exif is in one segment, a colour profile in 255 at most (ICC.1, B.4).
_JPEG = _Format(
    encode_jpeg, 65_500, channels=(1, 3), exif=65_533, icc=255 * 65_519
)
_TIFF = _Format(encode_tiff, 2**32 - 1, bits=16)
_FORMATS = {
    ".png": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": _Format(encode_webp, 16_383),
    ".bmp": _Format(encode_bmp, 2**31 - 1, channels=(1, 3, 4), exif=0, icc=0),
}
_BMP_LIMIT = 2**32


def check_header(suffix: str, header: Header) -> None:
    """Checks that a format can hold a image, before it is made.

    Raises:
        UserError: If it cannot.
    """
    kind = _FORMATS[suffix]
    size = f"{header.width} x {header.height} pixels"
    reason = ""
    if header.bits > kind.bits:
        reason = f"{header.bits} bits per channel"
    elif header.channels not in kind.channels:
        reason = f"{_KINDS[header.channels]} pixels"
    elif max(header.height, header.width) > kind.side or (
        kind.encode is encode_bmp and bmp_bytes(header) >= _BMP_LIMIT
    ):
        reason = size
    if reason:
        raise UserError(
            f"a {suffix} file cannot hold {reason}; try --format png or tiff"
        )


def write_image(
    path: Path, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a image whole or not at all, in the format of its suffix.

    Args:
        path: File to write.
        header: Kind and size of the image.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`, uint8 or uint16.

    Raises:
        UserError: If the format cannot hold the image.
        FailedWork: If the file cannot be written.
    """
    suffix = path.suffix.lower()
    check_header(suffix, header)
    kind = _FORMATS[suffix]
    header = dataclasses.replace(
        header, metadata=_fitting(header.metadata, kind, path)
    )
    with atomic_write(path) as partial, partial.open("wb") as file:
        kind.encode(file, header, bands)


def _fitting(facts: Metadata, kind: _Format, path: Path) -> Metadata:
    """Leaves out what a format has no room for, and says so."""
    exif = len(facts.exif(1, 1))
    if exif > kind.exif:
        logger.warning(
            f"{path}: the format has no room for {exif:,} bytes of Exif data, "
            "which are left out"
        )
        facts = facts.without_exif()
    if facts.icc and len(facts.icc) > kind.icc:
        logger.warning(
            f"{path}: the format has no room for the colour profile, which is "
            "left out"
        )
        facts = dataclasses.replace(facts, icc=None)
    return facts
