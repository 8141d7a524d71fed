"""Rare kinds of files that Pillow reads otherwise than they are meant."""

from __future__ import annotations

from typing import Any

from PIL import ExifTags, Image, ImageFile

_PLANES, _WHITE_IS_ZERO = 2, 0
# Exif's orientations in which rows and columns change places.
SIDEWAYS = range(5, 9)
# How many levels of 8 bits one level of a grey PNG spans, by Pillow's name of
# its layout.
_SPANS = {"L;2": 255 // 3, "L;4": 255 // 15}


def raw_mode(image: ImageFile.ImageFile) -> str:
    """Gives Pillow's name for how a image not yet decoded is laid out."""
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    first = arguments[0] if isinstance(arguments, tuple) else arguments
    return first if isinstance(first, str) else ""


def mend_transparency(image: ImageFile.ImageFile) -> None:
    """Gives the transparent grey of a PNG of 2 or 4 bits in levels of 8 bits.

    Pillow makes 8 bits of the pixels, but not of the one that is transparent.

    Args:
        image: An opened image, not yet decoded.
    """
    span = _SPANS.get(raw_mode(image))
    if image.format == "PNG" and span and "transparency" in image.info:
        image.info["transparency"] *= span


def has_deep_planes(image: Image.Image) -> bool:
    """Tells of a TIFF with 16-bit planes, which Pillow takes for 8-bit ones."""
    planes = _tag(image, ExifTags.Base.PlanarConfiguration, 1) == _PLANES
    colour = _tag(image, ExifTags.Base.SamplesPerPixel, 1) > 1
    return (
        planes
        and colour
        and max(_tag(image, ExifTags.Base.BitsPerSample, (8,))) > 8
    )


def is_negative(image: Image.Image) -> bool:
    """Tells of a 16-bit TIFF whose 0 is white, which Pillow leaves inverted."""
    kind = _tag(image, ExifTags.Base.PhotometricInterpretation, None)
    return image.mode.startswith("I") and kind == _WHITE_IS_ZERO


def lays_down(image: Image.Image) -> bool:
    """Tells whether Pillow makes rows of columns while it decodes.

    It turns a TIFF upright and forgets the orientation; other images stay
    as they are stored.

    Args:
        image: An opened image, not yet decoded.
    """
    return _tag(image, ExifTags.Base.Orientation, 1) in SIDEWAYS


def _tag(image: Image.Image, tag: int, default: Any) -> Any:
    """Looks a tag up, which only a TIFF has."""
    return getattr(image, "tag_v2", {}).get(tag, default)
