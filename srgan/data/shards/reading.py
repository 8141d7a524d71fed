"""Sub-images of shards, each as if it were a file of its own."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from gancore.errors import UserError
from srgan.data.shards.manifest import (
    MANIFEST,
    UNFINISHED,
    Shard,
    read_manifest,
    sha256_of,
)
from srgan.image_io.open_image import DECODE_ERRORS, UnreadableImage

logger = logging.getLogger(__name__)

_RECORD = re.compile(r"(.+\.tfrecord[^#/]*)#(\d+)\+(\d+)", re.DOTALL)


class SubImage(NamedTuple):
    """Size in pixels, and the fingerprint of the image it is of."""

    size: tuple[int, int]
    print: np.ndarray


def is_shard_folder(folder: Path) -> bool:
    """Tells whether a folder is one that `prepare` made, or began."""
    listed = any((folder / name).is_file() for name in (MANIFEST, UNFINISHED))
    # Other programs' manifests have the same name.
    return listed and any(folder.glob("*.tfrecord"))


def find_sub_images(
    folder: Path, smallest: int, skip_bad: bool = False
) -> dict[Path, SubImage]:
    """Lists the sub-images of a folder, every shard's checksum looked at.

    Args:
        folder: As `prepare` leaves it.
        smallest: Least height and width, in pixels; smaller ones are left
            out.
        skip_bad: Leaves out shards that are damaged or not there.

    Returns:
        By paths that `read_sub_image` reads.

    Raises:
        UserError: If `prepare` has not finished, or a shard is bad.
    """
    if not (folder / MANIFEST).is_file():
        raise UserError(
            f"the shards of {folder} are not finished; give `python -m srgan "
            "prepare` once more"
        )
    found: dict[Path, SubImage] = {}
    for shard in read_manifest(folder / MANIFEST).shards:
        path = folder / shard.name
        if sha256_of(path) == shard.sha256:
            found.update(_of_shard(path, shard, smallest))
        elif skip_bad:
            logger.warning(f"left out {path}: it is not what was written")
        else:
            raise UserError(
                f"{path} is truncated, damaged or not there; give `python -m "
                "srgan prepare` once more, or --skip_bad_shards"
            )
    return found


def is_sub_image(path: Path) -> bool:
    """Tells whether a path is of a sub-image in a shard."""
    return _RECORD.fullmatch(str(path)) is not None


def read_sub_image(path: Path) -> np.ndarray:
    """Reads a sub-image.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If the shard was changed or taken away since.
    """
    found = _RECORD.fullmatch(str(path))
    if not found:
        raise UnreadableImage(f"{path} is no sub-image")
    name, start, length = found.groups()
    try:
        with open(name, "rb") as file:
            file.seek(int(start))
            return decode(file.read(int(length)))
    except (OSError, ValueError, OverflowError, UnreadableImage) as error:
        raise UnreadableImage(f"the shard has changed: {error}") from error


def decode(record: bytes) -> np.ndarray:
    """Decodes a PNG as `prepare` and TensorFlow Datasets write them.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If it is damaged, or not RGB of 8 bits.
    """
    try:
        with Image.open(io.BytesIO(record), formats=["PNG"]) as image:
            image.load()
    except DECODE_ERRORS as error:
        raise UnreadableImage(f"no whole PNG: {error}") from error
    if image.mode != "RGB":
        raise UnreadableImage(f"its pixels are {image.mode}, not RGB")
    return np.asarray(image)


def _of_shard(path: Path, shard: Shard, smallest: int) -> dict[Path, SubImage]:
    return {
        Path(f"{path}#{part.start}+{part.length}"): SubImage(
            (part.height, part.width), np.array(source.print, np.float32)
        )
        for source in shard.sources
        for part in source.parts
        if min(part.height, part.width) >= smallest
    }
