"""Reads colour images of 16 bits per channel without loss.

Pillow keeps only the high byte of such colours. But it can unpack both byte
orders, and in the wrong order the low byte takes the high one's place; so two
readings of the file give all 16 bits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from srgan.image_io.opening import UnreadableImage
from srgan.image_io.quirks import raw_mode

_OTHER_ORDER = {
    "B": "L",
    "L": "B",
    "N": "B" if sys.byteorder == "little" else "L",
}
_READABLE = ("RGB;16", "RGBA;16", "RGBX;16")
# In PNG; its four bytes are unpacked as if they were four channels.
_GREY_ALPHA = "LA;16B"


def is_deep_colour(image: ImageFile.ImageFile) -> bool:
    """Tells whether an opened image has 16-bit channels, more than one."""
    return image.mode in ("RGB", "RGBA") and ";16" in raw_mode(image)


def read_deep_colour(image: ImageFile.ImageFile, path: Path) -> np.ndarray:
    """Decodes all bits of a image for which `is_deep_colour` holds.

    Args:
        image: The opened image, not yet decoded.
        path: Its file.

    Returns:
        uint16 array of shape `(height, width, channels)`, 2 to 4 channels.

    Raises:
        UnreadableImage: If the file lays its colours out in another way.
    """
    layout = raw_mode(image)
    if layout == _GREY_ALPHA:
        _set_raw_mode(image, "RGBA")
        octets = np.asarray(image).astype(np.uint16)
        return octets[..., ::2] << 8 | octets[..., 1::2]
    if not layout.startswith(_READABLE):
        raise UnreadableImage(
            "16-bit colours multiplied by their alpha cannot be read without "
            "loss"
        )
    with Image.open(path, formats=[image.format or ""]) as again:
        _set_raw_mode(again, layout[:-1] + _OTHER_ORDER[layout[-1]])
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


def _set_raw_mode(image: ImageFile.ImageFile, layout: str) -> None:
    image.tile = [
        part._replace(
            args=(layout, *part.args[1:])
            if isinstance(part.args, tuple)
            else layout
        )
        for part in image.tile
    ]
