"""Sub-images of shards, each addressed as if it were a file of its own."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path

import numpy as np
from PIL import Image

from gancore.errors import UserError
from srgan.data.dedup import ImageInfo
from srgan.data.shards.manifest import (
    MANIFEST,
    UNFINISHED,
    Shard,
    read_manifest,
    sha256_of,
)
from srgan.image_io.errors import DECODE_ERRORS, UnreadableImage

logger = logging.getLogger(__name__)

_SUB_IMAGE = re.compile(r"(.+\.tfrecord[^#/]*)#(\d+)\+(\d+)", re.DOTALL)


def is_shard_folder(folder: Path) -> bool:
    """Returns whether `prepare` has written shards into a folder."""
    listed = any((folder / name).is_file() for name in (MANIFEST, UNFINISHED))
    # Manifests of other programs have the same name.
    return listed and any(folder.glob("*.tfrecord"))


def find_sub_images(
    folder: Path, min_size: int, skip_bad: bool = False
) -> dict[Path, ImageInfo]:
    """Lists the sub-images of a folder, and verifies every shard's checksum.

    Args:
        folder: A folder that `prepare` has written.
        min_size: Least height and width, in pixels; smaller sub-images are
            left out.
        skip_bad: Leaves out corrupt and missing shards.

    Returns:
        Paths for `read_sub_image`, with sizes and fingerprints.

    Raises:
        UserError: If `prepare` has not finished, or a shard is corrupt or
            missing.
    """
    if not (folder / MANIFEST).is_file():
        raise UserError(
            f"the shards of {folder} are not finished; run `python -m srgan "
            "prepare` once more"
        )
    found: dict[Path, ImageInfo] = {}
    for shard in read_manifest(folder / MANIFEST).shards:
        path = folder / shard.name
        if sha256_of(path) == shard.sha256:
            found.update(_sub_images(path, shard, min_size))
        elif skip_bad:
            logger.warning(f"left out {path}: it is corrupt or missing")
        else:
            raise UserError(
                f"{path} is truncated, damaged or not there; run `python -m "
                "srgan prepare` once more, or give --skip_bad_shards"
            )
    return found


def is_sub_image(path: Path) -> bool:
    """Returns whether a path is of a sub-image in a shard."""
    return _SUB_IMAGE.fullmatch(str(path)) is not None


def read_sub_image(path: Path) -> np.ndarray:
    """Reads a sub-image.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If the shard has changed or disappeared since.
    """
    found = _SUB_IMAGE.fullmatch(str(path))
    if not found:
        raise UnreadableImage(f"{path} is no sub-image")
    name, start, length = found.groups()
    try:
        with open(name, "rb") as file:
            file.seek(int(start))
            return decode_png(file.read(int(length)))
    except (OSError, ValueError, OverflowError, UnreadableImage) as error:
        raise UnreadableImage(f"the shard has changed: {error}") from error


def decode_png(data: bytes) -> np.ndarray:
    """Decodes a PNG as `prepare` and TensorFlow Datasets write them.

    Returns:
        uint8 array of shape `(height, width, 3)`.

    Raises:
        UnreadableImage: If it is damaged, or not RGB of 8 bits.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            image.load()
    except DECODE_ERRORS as error:
        raise UnreadableImage(f"no whole PNG: {error}") from error
    if image.mode != "RGB":
        raise UnreadableImage(f"its pixels are {image.mode}, not RGB")
    return np.asarray(image)


def _sub_images(
    path: Path, shard: Shard, min_size: int
) -> dict[Path, ImageInfo]:
    return {
        Path(f"{path}#{part.start}+{part.length}"): ImageInfo(
            (part.height, part.width), np.array(source.print, np.float32)
        )
        for source in shard.sources
        for part in source.parts
        if min(part.height, part.width) >= min_size
    }
