"""Reads and writes picture files of every common kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from adversarial.files import whole_file
from adversarial.messages import UserError

FORMATS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


class UnreadableImage(Exception):
    """A file that is no whole picture; the message says why."""


def find_images(folder: Path) -> list[Path]:
    """Lists the pictures in a folder and the folders below it, sorted.

    Raises:
        UserError: If there is no such folder or it cannot be read.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder of images {folder}")
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in FORMATS)


def read_rgb(path: Path) -> np.ndarray:
    """Reads a picture as 8-bit RGB.

    Grey, palette and CMYK pictures are converted, 16-bit ones scaled to 8,
    transparent parts put on white, and the camera's orientation applied.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If the file is truncated, empty or no picture.
    """
    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file)
            image.load()
    except UnidentifiedImageError as error:
        raise UnreadableImage("not a picture") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImage(str(error)) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage("too large to be a picture") from error
    if image.mode == "F":
        raise UnreadableImage("floating-point pixels have no agreed range")
    if image.mode.startswith("I"):
        levels = np.asarray(image, dtype=np.float64) * (255 / 65535)
        image = Image.fromarray(
            np.clip(np.round(levels), 0, 255).astype("uint8")
        )
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or (
        "transparency" in image.info
    ):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert("RGB"))


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Writes a uint8 array of shape `(height, width, 3)`, whole or not at all.

    Raises:
        UserError: If the file cannot be written.
    """
    with whole_file(path) as partial:
        Image.fromarray(pixels).save(partial)
