"""Images as users have them: arrays, Pillow images and files."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from srgan.image_io.pil import to_array, to_image
from srgan.image_io.read import read_image

_PROFILED_MODES = ("L", "LA", "RGB", "RGBA", "I;16")


def open_input(
    image: Any,
) -> tuple[np.ndarray, Callable[[np.ndarray], Any]]:
    """Returns the pixels of an image, and what makes the like of pixels.

    Args:
        image: An array, a Pillow image, or the path of an image file. The
            last two become Pillow images, with the color profile.

    Raises:
        ValueError: If the mode of a Pillow image has no agreed range.
        UnreadableImage: If a file cannot be read.
    """
    if isinstance(image, str | Path):
        decoded = read_image(Path(image))
        profile = decoded.metadata.icc
        return decoded.pixels, functools.partial(_to_image, profile=profile)
    if isinstance(image, Image.Image):
        kept = image.mode in _PROFILED_MODES
        profile = image.info.get("icc_profile") if kept else None
        return to_array(image), functools.partial(_to_image, profile=profile)
    return np.asarray(image), _same


def _to_image(pixels: np.ndarray, profile: bytes | None) -> Image.Image:
    image = to_image(pixels)
    if profile:
        image.info["icc_profile"] = profile
    return image


def _same(pixels: np.ndarray) -> np.ndarray:
    return pixels
