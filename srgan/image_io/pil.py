"""Converts images in memory between Pillow and arrays."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

_BAND_PIXELS = 2**22
_KEPT_MODES = ("L", "LA", "RGB", "RGBA")
_CONVERSIONS = {"1": "L", "La": "LA", "RGBa": "RGBA", "PA": "RGBA"}


def to_array(image: Image.Image) -> np.ndarray:
    """Converts a Pillow image to an array, upright.

    Args:
        image: Image of any mode but `F`. Palettes become RGB, a transparent
            color becomes an alpha channel.

    Returns:
        uint8 array, or uint16 of 16-bit gray, of shape
        `(height, width, channels)` with 1 to 4 channels.

    Raises:
        ValueError: If the mode has no agreed range.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode == "I":
        raise ValueError(
            f"an image of mode {image.mode} has no agreed range; expected "
            "L, LA, RGB, RGBA or I;16"
        )
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)[..., None]
    if "transparency" in image.info:
        image = image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    elif image.mode not in _KEPT_MODES:
        image = image.convert(_CONVERSIONS.get(image.mode, "RGB"))
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def to_image(pixels: np.ndarray) -> Image.Image:
    """Converts an array to a Pillow image.

    Args:
        pixels: uint8 or uint16 array of shape `(height, width, channels)`,
            with 1 to 4 channels. Pillow has 16 bits for gray only, so that
            16-bit colors are rounded to 8 bits.
    """
    channels = pixels.shape[-1]
    if pixels.dtype == np.uint16 and channels > 1:
        pixels = np.rint(pixels / 257.0).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def copy_pixels(image: Image.Image) -> np.ndarray:
    """Copies the pixels of an image by bands.

    `numpy.asarray` holds all of them three times for a moment.

    Returns:
        Array of shape `(height, width)` or `(height, width, channels)`.
    """
    image.load()
    pixel = np.asarray(image.crop((0, 0, 1, 1)))
    width, height = image.size
    pixels = np.empty((height, width, *pixel.shape[2:]), pixel.dtype)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = image.crop((0, top, width, bottom))
    return pixels
