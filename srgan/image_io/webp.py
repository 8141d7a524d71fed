"""Decodes large WebP images with imagecodecs, if it is installed.

Pillow's decoder, which is for animations, holds all pixels five times.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_LARGE = 2**25


def decodes_large_webp(image: Image.Image) -> bool:
    """Checks whether `decode_webp` is to decode an opened image."""
    return (
        image.format == "WEBP"
        and image.width * image.height > _LARGE
        and getattr(image, "n_frames", 1) == 1
        and importlib.util.find_spec("imagecodecs") is not None
    )


def decode_webp(image: Image.Image, path: Path) -> np.ndarray:
    """Decodes a WebP image.

    Args:
        image: The image as Pillow opened it.
        path: Its file.

    Returns:
        uint8 array of shape `(height, width, channels)`.
    """
    import imagecodecs

    pixels: Any = imagecodecs.webp_decode(
        path.read_bytes(), hasalpha=image.mode == "RGBA"
    )
    return pixels
