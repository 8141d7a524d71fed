"""Reads colour pictures of 16 bits per channel without loss.

Pillow keeps only the high byte of such colours. But it can unpack both byte
orders, and in the wrong order the low byte takes the high one's place; so two
readings of the file give all 16 bits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile

from srgan.files.images import UnreadableImage

_OTHER_ORDER = {
    "B": "L",
    "L": "B",
    "N": "B" if sys.byteorder == "little" else "L",
}
_READABLE = ("RGB;16", "RGBA;16", "RGBX;16")
# In PNG; its four bytes are unpacked as if they were four channels.
_GREY_ALPHA = "LA;16B"
_PLANES = 2


def is_deep_colour(image: ImageFile.ImageFile) -> bool:
    """Tells whether an opened picture has 16-bit channels, more than one."""
    colour = image.mode in ("RGB", "RGBA")
    return colour and (";16" in _raw_mode(image) or _in_deep_planes(image))


def read_deep_colour(image: ImageFile.ImageFile, path: Path) -> np.ndarray:
    """Decodes all bits of a picture for which `is_deep_colour` holds.

    Args:
        image: The opened picture, not yet decoded.
        path: Its file.

    Returns:
        uint16 array of shape `(height, width, channels)`, 2 to 4 channels.

    Raises:
        UnreadableImage: If the file lays its colours out in another way.
    """
    raw_mode = _raw_mode(image)
    if raw_mode == _GREY_ALPHA:
        _set_raw_mode(image, "RGBA")
        octets = np.asarray(image).astype(np.uint16)
        return octets[..., ::2] << 8 | octets[..., 1::2]
    if not raw_mode.startswith(_READABLE) or _in_deep_planes(image):
        raise UnreadableImage(
            "16-bit colours that are stored in separate planes or multiplied "
            "by their alpha cannot be read without loss"
        )
    with Image.open(path, formats=[image.format or ""]) as again:
        _set_raw_mode(again, raw_mode[:-1] + _OTHER_ORDER[raw_mode[-1]])
        low = np.asarray(again)
    deep = np.asarray(image).astype(np.uint16)
    deep <<= 8
    deep |= low
    return _with_transparent_colour(deep, image.info.get("transparency"))


def _with_transparent_colour(
    deep: np.ndarray, colour: tuple[int, ...] | None
) -> np.ndarray:
    """Adds the alpha of PNG's single transparent colour, where there is one."""
    if colour is None or deep.shape[-1] == 4:
        return deep
    seen = (deep != np.array(colour, np.uint16)).any(axis=-1, keepdims=True)
    return np.concatenate([deep, seen * np.uint16(65535)], axis=-1)


def _in_deep_planes(image: ImageFile.ImageFile) -> bool:
    """Tells of a TIFF with 16-bit planes, which Pillow takes for 8-bit ones."""
    tags = getattr(image, "tag_v2", {})
    planes = tags.get(ExifTags.Base.PlanarConfiguration) == _PLANES
    return planes and max(tags.get(ExifTags.Base.BitsPerSample, (8,))) > 8


def _raw_mode(image: ImageFile.ImageFile) -> str:
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    first = arguments[0] if isinstance(arguments, tuple) else arguments
    return first if isinstance(first, str) else ""


def _set_raw_mode(image: ImageFile.ImageFile, raw_mode: str) -> None:
    image.tile = [
        part._replace(
            args=(raw_mode, *part.args[1:])
            if isinstance(part.args, tuple)
            else raw_mode
        )
        for part in image.tile
    ]
