"""Reads and writes picture files of every common kind."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

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


@contextmanager
def opened(
    path: Path, max_pixels: int | None = None
) -> Iterator[ImageFile.ImageFile]:
    """Opens a picture file; whatever is wrong with it gets one name.

    Args:
        path: File in one of Pillow's formats.
        max_pixels: Most pixels it may have; Pillow's own limit by default.

    Yields:
        The picture, not yet decoded.

    Raises:
        UnreadableImage: If it cannot be opened, or decoded in the block.
    """
    try:
        with _pillow_rules(max_pixels), Image.open(path) as image:
            width, height = image.size
            if max_pixels and width * height > max_pixels:
                raise UnreadableImage(
                    f"{width} x {height} is more than {max_pixels} pixels"
                )
            yield image
    except UnidentifiedImageError as error:
        empty = not path.stat().st_size
        raise UnreadableImage(
            "the file is empty" if empty else "not a picture"
        ) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage("too large to be a picture") from error
    except OSError as error:
        raise UnreadableImage(error.strerror or str(error)) from error
    except (SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImage(str(error)) from error
    # What Pillow stumbles over when the tables in a file are nonsense.
    except (LookupError, TypeError, ArithmeticError, struct.error) as error:
        raise UnreadableImage(f"the file is damaged ({error!r})") from error


@contextmanager
def _pillow_rules(max_pixels: int | None) -> Iterator[None]:
    """Mutes Pillow's remarks on odd tags; a limit of ours replaces its own."""
    usual = Image.MAX_IMAGE_PIXELS
    if max_pixels is not None:
        Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def read_rgb(path: Path) -> np.ndarray:
    """Reads a picture as 8-bit RGB.

    Grey, palette and CMYK pictures are converted, 16-bit ones scaled to 8,
    transparent parts put on white, and the camera's orientation applied.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If the file is truncated, empty or no picture.
    """
    with opened(path) as file:
        image = ImageOps.exif_transpose(file)
        image.load()
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
