"""Converts pixels of other number types to 8 or 16 bits."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from srgan.image_io.errors import UnreadableImage

logger = logging.getLogger(__name__)

# Floating-point pixels this far outside of 0..1 are rounding errors.
_TOLERANCE = 0.01


def to_levels(pixels: np.ndarray, path: Path) -> np.ndarray:
    """Converts pixels to uint8 or uint16.

    Floating-point pixels in 0..1 become 16 bits; if they exceed that range,
    their own range is mapped to 16 bits, with a warning.

    Args:
        pixels: Array of any integers or floats.
        path: The file, for the warning.

    Raises:
        UnreadableImage: If a pixel is NaN or infinite, or an integer has more
            than 16 bits.
    """
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind != "f":
        if low < 0 or high > 65535:
            raise UnreadableImage("it has more than 16 bits per channel")
        return pixels.astype(np.uint16)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UnreadableImage("it has NaN or infinite pixels")
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        logger.warning(
            f"{path}: its floating-point range of {low:g} to {high:g} is "
            "mapped to 16 bits"
        )
    else:
        low, high = low * 0, low * 0 + 1
    return _stretch(pixels, float(low), float(high))


def _stretch(pixels: np.ndarray, low: float, high: float) -> np.ndarray:
    """Maps a range to that of uint16, row by row."""
    levels = np.empty(pixels.shape, np.uint16)
    factor = 65535 / (high - low) if high > low else 0.0
    for row, values in zip(levels, pixels, strict=True):
        scaled = (values.astype(np.float64) - low) * factor
        row[...] = np.clip(np.rint(scaled), 0, 65535)
    return levels
