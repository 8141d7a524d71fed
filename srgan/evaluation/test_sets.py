"""Test sets such as Set5: where they are, and how their images are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from gancore.errors import UserError
from gancore.io.paths import datasets_dir
from srgan.data.sources import find_hr_images
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb
from srgan.image_io.open_image import open_image

# Side of the SSIM window, in pixels.
_SSIM_WINDOW = 11


def find_sets(
    folders: Sequence[str], root: Path | None = None, every: int = 1
) -> dict[str, dict[str, Path]]:
    """Finds the HR files of each test set.

    Args:
        folders: One folder per set; HR files may be in a folder `HR` below
            it, and folders of LR files (`LR_bicubic`) are skipped.
        root: Folder whose folders are the sets if none is given; by default
            `benchmark` in `datasets_dir()`.
        every: Takes the first of each so many images, by name.

    Returns:
        Name of each set -> name of each image -> its file.

    Raises:
        UserError: If there is no set, a set has no image, or two sets have
            the same name.
    """
    root = root or datasets_dir() / "benchmark"
    paths = [Path(folder) for folder in folders]
    if not paths and root.is_dir():
        paths = sorted(path for path in root.iterdir() if path.is_dir())
    if not paths:
        raise UserError(
            f"there is no test set in {root}: put HR images into folders "
            "such as Set5/HR and BSD100/HR there, or name folders with --data"
        )
    sets: dict[str, dict[str, Path]] = {}
    for path in paths:
        path = path if path.name == "HR" else _inner(path)
        whole = path.resolve()
        name = whole.parent.name if whole.name == "HR" else whole.name
        if name in sets:
            raise UserError(f"two test sets are named {name}: rename one")
        sets[name] = _hr_files(path, every)
    return sets


def read_hr(path: Path, scale: int) -> np.ndarray:
    """Reads an HR image and crops it to a multiple of the scale.

    Args:
        path: An image file; one with a single channel stays grey.
        scale: The upscaling factor.

    Returns:
        uint8 array of shape `(height, width, 3)`, or 1 channel for grey,
        cropped at the right and the bottom.

    Raises:
        UnreadableImage: If it cannot be read or is too small to be scored.
    """
    pixels = read_rgb(path)
    with open_image(path) as file:
        if Image.getmodebase(file.mode) == "L":
            pixels = pixels[..., :1]
    height, width = (side // scale * scale for side in pixels.shape[:2])
    least = _SSIM_WINDOW + 2 * scale
    if min(height, width) < least:
        raise UnreadableImage(
            f"{pixels.shape[1]} x {pixels.shape[0]} pixels are too few to be "
            f"scored at x{scale}; {least} each way are needed"
        )
    return pixels[:height, :width]


def _inner(folder: Path) -> Path:
    return folder / "HR" if (folder / "HR").is_dir() else folder


def _hr_files(folder: Path, every: int) -> dict[str, Path]:
    hr_files = {
        path.relative_to(folder).as_posix(): path
        for path in find_hr_images(folder)[::every]
    }
    if not hr_files:
        raise UserError(f"there is no image in {folder}")
    return hr_files
