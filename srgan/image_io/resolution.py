"""How many dots of a image an inch holds, as far as its file says so."""

from __future__ import annotations

from typing import Any

from PIL import ExifTags, Image

# More fits into no JPEG, and means nothing.
_MOST = 65_535
# Exif's units (section 4.6.5), and the inches of each; 1 stands for none.
_INCHES = {2: 1.0, 3: 1 / 2.54}
# Whose own fields say it; the other formats say it in Exif's tags alone.
_FORMATS = ("PNG", "BMP")
_JFIF_UNITS = (1, 2)


def own_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Reads the dots per inch, across and down, from a format's own fields.

    Where a JPEG or TIFF has none, Pillow makes some up, so they are not asked
    for there.
    """
    if (
        image.format in _FORMATS
        or image.info.get("jfif_unit", 0) in _JFIF_UNITS
    ):
        return _plausible(image.info.get("dpi"))
    return None


def exif_dpi(exif: Image.Exif) -> tuple[float, float] | None:
    """Reads the dots per inch, across and down, from Exif's or TIFF's tags."""
    unit = _INCHES.get(exif.get(ExifTags.Base.ResolutionUnit, 2))
    across = exif.get(ExifTags.Base.XResolution)
    down = exif.get(ExifTags.Base.YResolution, across)
    if across is None or unit is None:
        return None
    return _plausible((across, down), unit)


def _plausible(dots: Any, inches: float = 1.0) -> tuple[float, float] | None:
    """Gives nothing for nothing, NaN, and whatever else is no resolution."""
    try:
        across, down = (float(number) / inches for number in dots)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (across, down) if 0 < across <= _MOST and 0 < down <= _MOST else None
