"""Finds image files, and reads and writes them as 8-bit RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from gancore.errors import UserError
from gancore.io.atomic import atomic_write
from srgan.image_io.opening import UnreadableImage, opened
from srgan.image_io.quirks import is_negative

FORMATS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


def find_images(folder: Path) -> list[Path]:
    """Lists the images in a folder and the folders below it, sorted.

    Hidden files and folders are left out: partial files, and what other
    programs keep beside a image under its name.

    Raises:
        UserError: If there is no such folder or it cannot be read.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder of images {folder}")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in FORMATS
        and not any(
            part.startswith(".") for part in path.relative_to(folder).parts
        )
        # A link to nothing is kept, so that whoever reads it can say so.
        and (path.is_file() or (path.is_symlink() and not path.exists()))
    )


def read_rgb(path: Path) -> np.ndarray:
    """Reads a image as 8-bit RGB.

    Grey, palette and CMYK images are converted, 16-bit ones scaled to 8,
    transparent parts put on white, and the camera's orientation applied.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If the file is truncated, empty or no image.
    """
    with opened(path) as file:
        negative = is_negative(file)
        image = ImageOps.exif_transpose(file)
        image.load()
    if image.mode == "F":
        raise UnreadableImage("floating-point pixels have no agreed range")
    if image.mode.startswith("I"):
        levels = np.asarray(image, dtype=np.float64) * (255 / 65535)
        levels = np.clip(np.round(levels), 0, 255).astype("uint8")
        image = Image.fromarray(255 - levels if negative else levels)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or (
        "transparency" in image.info
    ):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert("RGB"))


def read_large_enough(path: Path, smallest: int) -> np.ndarray:
    """Reads a image as `read_rgb` does, unless it is too small.

    Args:
        path: Its file.
        smallest: Least height and width, in pixels.

    Raises:
        UnreadableImage: Also if a side is shorter.
    """
    pixels = read_rgb(path)
    height, width = pixels.shape[:2]
    if min(height, width) < smallest:
        raise UnreadableImage(f"{width} x {height} is too small")
    return pixels


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Writes a uint8 array of shape `(height, width, 3)`, whole or not at all.

    Raises:
        FailedWork: If the file cannot be written.
    """
    with atomic_write(path) as partial:
        Image.fromarray(pixels).save(partial)
