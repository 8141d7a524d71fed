"""Reads HEIC of more than 8 bits with pillow-heif."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def decode_deep_heif(path: Path) -> np.ndarray:
    """Decodes the main image of a HEIC file of 10 or 12 bits.

    Returns:
        uint16 array of shape `(height, width, channels)`, upright.
    """
    import pillow_heif

    file = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    pixels = np.asarray(file[file.primary_index])
    return pixels[..., None] if pixels.ndim == 2 else pixels
