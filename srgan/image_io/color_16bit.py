"""Reads color images of 16 bits per channel without loss.

Pillow keeps only the high byte of such channels. It can unpack both byte
orders, and in the wrong order the low byte takes the place of the high one, so
decoding the file twice yields all 16 bits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from srgan.image_io.errors import UnreadableImage
from srgan.image_io.quirks import raw_mode

_SWAPPED_BYTE_ORDER = {
    "B": "L",
    "L": "B",
    "N": "B" if sys.byteorder == "little" else "L",
}
_SUPPORTED = ("RGB;16", "RGBA;16", "RGBX;16")
# Of PNG; its four bytes are unpacked as if they were four channels.
_GRAY_ALPHA = "LA;16B"


def is_16bit_color(image: ImageFile.ImageFile) -> bool:
    """Checks whether an opened image has several 16-bit channels."""
    return image.mode in ("RGB", "RGBA") and ";16" in raw_mode(image)


def read_16bit_color(image: ImageFile.ImageFile, path: Path) -> np.ndarray:
    """Decodes all bits of an image for which `is_16bit_color` holds.

    Args:
        image: The opened image, not yet decoded.
        path: Its file.

    Returns:
        uint16 array of shape `(height, width, channels)`, 2 to 4 channels.

    Raises:
        UnreadableImage: If the colors are premultiplied by alpha.
    """
    layout = raw_mode(image)
    if layout == _GRAY_ALPHA:
        _set_raw_mode(image, "RGBA")
        octets = np.asarray(image).astype(np.uint16)
        return octets[..., ::2] << 8 | octets[..., 1::2]
    if not layout.startswith(_SUPPORTED):
        raise UnreadableImage(
            "16-bit colors multiplied by their alpha cannot be read without "
            "loss"
        )
    with Image.open(path, formats=[image.format or ""]) as again:
        swapped = layout[:-1] + _SWAPPED_BYTE_ORDER[layout[-1]]
        _set_raw_mode(again, swapped)
        low_bytes = np.asarray(again)
    pixels = np.asarray(image).astype(np.uint16)
    pixels <<= 8
    pixels |= low_bytes
    return _add_alpha(pixels, image.info.get("transparency"))


def _add_alpha(
    pixels: np.ndarray, transparent: tuple[int, ...] | None
) -> np.ndarray:
    """Adds an alpha channel for the single transparent color of a PNG."""
    if transparent is None or pixels.shape[-1] == 4:
        return pixels
    color = np.array(transparent, np.uint16)
    opaque = (pixels != color).any(axis=-1, keepdims=True)
    return np.concatenate([pixels, opaque * np.uint16(65535)], axis=-1)


def _set_raw_mode(image: ImageFile.ImageFile, layout: str) -> None:
    image.tile = [
        part._replace(
            args=(layout, *part.args[1:])
            if isinstance(part.args, tuple)
            else layout
        )
        for part in image.tile
    ]
