"""Pixels of any type as float32 levels in 0..255, the input of networks."""

from __future__ import annotations

import numpy as np

from srgan.inference.alpha import BLEED_RADIUS, bleed_colors

WITH_ALPHA = (2, 4)
_MAX_VALUES = {"uint8": 255, "uint16": 65_535, "float32": 255}


def to_levels(pixels: np.ndarray) -> np.ndarray:
    """Converts pixels of any dtype to float32 in 0..255."""
    unit = _MAX_VALUES[pixels.dtype.name] / 255
    return pixels.astype(np.float32) / np.float32(unit)


def from_levels(levels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Converts float32 levels in 0..255 to pixels of a dtype."""
    max_value = _MAX_VALUES[dtype.name]
    values = np.clip(levels * np.float32(max_value / 255), 0, max_value)
    return values if dtype == np.float32 else np.rint(values).astype(dtype)


def color_levels(image: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Returns the colors of a window in 0..255, filled where transparent.

    Args:
        image: Array of shape `(height, width, channels)`, alpha last.
        rows: Rows of the window, with a start and a stop.
        columns: Its columns.
    """
    if image.shape[-1] not in WITH_ALPHA:
        return to_levels(image[rows, columns])
    top, left = (max(s.start - BLEED_RADIUS, 0) for s in (rows, columns))
    wide = image[
        top : rows.stop + BLEED_RADIUS, left : columns.stop + BLEED_RADIUS
    ]
    filled = bleed_colors(to_levels(wide[..., :-1]), wide[..., -1] > 0)
    return filled[
        rows.start - top : rows.stop - top,
        columns.start - left : columns.stop - left,
    ]


def alpha_levels(image: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Returns the alpha of a window in 0..255, as one channel."""
    return to_levels(image[rows, columns, -1:])
