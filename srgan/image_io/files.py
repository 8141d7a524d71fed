"""Finds image files; reads and writes them as 8-bit RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from gancore.io.atomic import atomic_write
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.folders import scan_folder
from srgan.image_io.levels import to_levels
from srgan.image_io.open_image import open_image
from srgan.image_io.quirks import is_white_zero


def find_images(folder: Path) -> list[Path]:
    """Lists the images in a folder and its subfolders, sorted.

    Those of `scan_folder`.

    Raises:
        UserError: If there is no such folder.
    """
    return scan_folder(folder).images


def read_rgb(path: Path, min_side: int = 1) -> np.ndarray:
    """Reads an image as 8-bit RGB.

    Gray, palette and CMYK images are converted, deeper ones scaled to 8 bits,
    transparent pixels composited on white, and Exif's orientation applied.

    Args:
        path: Image file.
        min_side: Smallest height and width, in pixels.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If the file is truncated, empty, no image, or
            smaller than `min_side`.
    """
    with open_image(path) as file:
        inverted = is_white_zero(file)
        image = ImageOps.exif_transpose(file)
        image.load()
    if image.mode == "F":
        levels = to_levels(np.asarray(image), path) / 257
        image = Image.fromarray(np.rint(levels).astype("uint8"))
    if image.mode.startswith("I"):
        levels = np.asarray(image, dtype=np.float64) * (255 / 65535)
        levels = np.clip(np.round(levels), 0, 255).astype("uint8")
        image = Image.fromarray(255 - levels if inverted else levels)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or (
        "transparency" in image.info
    ):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    if min(height, width) < min_side:
        raise UnreadableImage(f"{width} x {height} is too small")
    return pixels


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Writes an 8-bit RGB image as PNG, atomically.

    Args:
        path: File to write.
        pixels: uint8 array of shape `(height, width, 3)`.

    Raises:
        RuntimeFailure: If the file cannot be written.
    """
    with atomic_write(path) as partial:
        Image.fromarray(pixels).save(partial)
