"""Reads the metadata of an image, to be written into another file."""

from __future__ import annotations

import dataclasses
import logging
import struct
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from srgan.image_io.exif import pack_exif
from srgan.image_io.quirks import TRANSPOSED_ORIENTATIONS

logger = logging.getLogger(__name__)

_ORIENTATION = ExifTags.Base.Orientation
# The tags of the main directory that describe the image, all of them strings.
# The others describe the layout of one file.
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
_INCH = 2
# A directory inside a directory, which would be an offset into the old file.
_NESTED = ExifTags.IFD.Interop
# A JPEG cannot store more.
_MAX_DPI = 65_535
# Exif's units (section 4.6.5) in inches; 1 means no unit.
_UNIT_INCHES = {2: 1.0, 3: 1 / 2.54}
# Formats with resolution fields of their own; the others only have Exif's.
_FORMATS_WITH_DPI = ("PNG", "BMP")
_JFIF_UNITS = (1, 2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """Metadata of an image that are kept when it is upscaled.

    Attributes:
        orientation: Exif orientation of the stored pixels, 1 (upright) to 8.
        texts: Description, camera, author and so on, by Exif tag.
        exif_ifd: Exif directory: exposure, lens and so on.
        gps: GPS directory.
        icc: ICC color profile.
        dpi: Dots per inch of the upright image, horizontal and vertical.
        lossless: Whether it was read from a lossless WebP file.
    """

    orientation: int = 1
    texts: dict[int, str] = dataclasses.field(default_factory=dict)
    exif_ifd: dict[int, Any] = dataclasses.field(default_factory=dict)
    gps: dict[int, Any] = dataclasses.field(default_factory=dict)
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    lossless: bool = False

    def exif_ifd_of_size(self, height: int, width: int) -> dict[int, Any]:
        """Returns the Exif directory with the given image size."""
        if not self.exif_ifd:
            return {}
        return {
            **self.exif_ifd,
            ExifTags.Base.ExifImageWidth: width,
            ExifTags.Base.ExifImageHeight: height,
        }

    def exif(self, height: int, width: int, with_dpi: bool = False) -> bytes:
        """Packs the Exif data as stored in JPEG and WebP; empty if none.

        Args:
            height: Height of the image, in pixels.
            width: Width of the image, in pixels.
            with_dpi: Includes the resolution, for formats without a field of
                their own for it.
        """
        main: dict[int, Any] = {**self.texts}
        if with_dpi and self.dpi:
            horizontal, vertical = self.dpi
            main |= {
                ExifTags.Base.XResolution: horizontal,
                ExifTags.Base.YResolution: vertical,
                ExifTags.Base.ResolutionUnit: _INCH,
            }
        return pack_exif(main, self.exif_ifd_of_size(height, width), self.gps)

    def without_exif(self) -> Metadata:
        """Returns a copy without Exif data."""
        return dataclasses.replace(self, texts={}, exif_ifd={}, gps={})


def read_metadata(
    image: Image.Image, channels: int, path: Path, transposed: bool = False
) -> Metadata:
    """Reads the metadata of a decoded image.

    A color profile for another number of channels and damaged Exif data are
    dropped with a warning.

    Args:
        image: Image that Pillow has loaded from a file.
        channels: Number of channels that are kept of it.
        path: The file, for warnings.
        transposed: Whether rows and columns were exchanged by the decoder.
    """
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
    metadata = Metadata(icc=icc, dpi=container_dpi(image))
    damage = (ValueError, TypeError, SyntaxError, KeyError, struct.error)
    try:
        exif = image.getexif()
        metadata = _with_orientation(metadata, exif, transposed)
        return _with_exif(metadata, exif)
    except damage:
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
    return dataclasses.replace(metadata, orientation=orientation, dpi=dpi)


def _with_exif(metadata: Metadata, exif: Image.Exif) -> Metadata:
    exif_ifd = exif.get_ifd(ExifTags.IFD.Exif)
    metadata = dataclasses.replace(
        metadata,
        texts={
            tag: exif[tag]
            for tag in _TEXT_TAGS
            if isinstance(exif.get(tag), str)
        },
        exif_ifd={tag: v for tag, v in exif_ifd.items() if tag != _NESTED},
        gps=dict(exif.get_ifd(ExifTags.IFD.GPSInfo)),
    )
    metadata.exif(1, 1)  # Values that cannot be packed fail here, not later.
    return metadata


def container_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Reads the resolution from the fields of the file format itself.

    Where a JPEG or TIFF has none, Pillow reports a default, so these formats
    are read by `exif_dpi` instead.

    Returns:
        Dots per inch, horizontal and vertical, or `None`.
    """
    if (
        image.format in _FORMATS_WITH_DPI
        or image.info.get("jfif_unit", 0) in _JFIF_UNITS
    ):
        return _valid_dpi(image.info.get("dpi"))
    return None


def exif_dpi(exif: Image.Exif) -> tuple[float, float] | None:
    """Reads the resolution from Exif or TIFF tags.

    Returns:
        Dots per inch, horizontal and vertical, or `None`.
    """
    unit = _UNIT_INCHES.get(exif.get(ExifTags.Base.ResolutionUnit, 2))
    horizontal = exif.get(ExifTags.Base.XResolution)
    vertical = exif.get(ExifTags.Base.YResolution, horizontal)
    if horizontal is None or unit is None:
        return None
    return _valid_dpi((horizontal, vertical), unit)


def _valid_dpi(dots: Any, inches: float = 1.0) -> tuple[float, float] | None:
    """Returns `None` for zero, NaN and other impossible resolutions."""
    try:
        horizontal, vertical = (float(number) / inches for number in dots)
    except (TypeError, ValueError, ArithmeticError):
        return None
    valid = 0 < horizontal <= _MAX_DPI and 0 < vertical <= _MAX_DPI
    return (horizontal, vertical) if valid else None
