"""Reads the resolution of an image, in dots per inch."""

from __future__ import annotations

from typing import Any

from PIL import ExifTags, Image

# A JPEG cannot store more.
_MAX_DPI = 65_535
# Exif's units (section 4.6.5) in inches; 1 means no unit.
_UNIT_INCHES = {2: 1.0, 3: 1 / 2.54}
# Formats with resolution fields of their own; the others only have Exif's.
_FORMATS_WITH_DPI = ("PNG", "BMP")
_JFIF_UNITS = (1, 2)


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


def unitless(exif: Image.Exif) -> tuple[float, float] | None:
    """Reads a resolution without a unit, which microscopes' TIFFs have.

    Returns:
        Pixels per unit, horizontal and vertical, or `None`.
    """
    if exif.get(ExifTags.Base.ResolutionUnit) != 1:
        return None
    horizontal = exif.get(ExifTags.Base.XResolution)
    vertical = exif.get(ExifTags.Base.YResolution, horizontal)
    return _valid_dpi((horizontal, vertical))
