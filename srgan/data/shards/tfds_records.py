"""DIV2K as TensorFlow Datasets prepares it, read without that package.

Every image is addressed by its place in a TFRecord file, as those of shards,
so that nothing has to be copied or decoded twice.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gancore.errors import UserError
from gancore.io.strict_json import read_json
from gancore.training.tf_setup import quiet_import
from srgan.data.dedup import ImageInfo, fingerprint
from srgan.data.shards.reading import decode_png
from srgan.data.shards.writing import FRAME_BYTES, HEADER_BYTES
from srgan.image_io.errors import UnreadableImage

logger = logging.getLogger(__name__)

_INFO = "dataset_info.json"
_NAME = "div2k"
# Names of its splits, in the order of `find_records`.
_SPLITS = ("train", "validation")


def find_prepared(root: Path, scale: int) -> Path | None:
    """Finds the folder of a prepared DIV2K.

    Args:
        root: That folder, such as `div2k/bicubic_x4/2.0.0`, or the folder of
            all datasets, in which that of bicubic images is taken.
        scale: Ratio of the resolutions.

    Returns:
        The folder of the newest version, or `None`.
    """
    versions = (root / _NAME / f"bicubic_x{scale}").glob(f"*/{_INFO}")
    found = [root / _INFO, *sorted(versions, key=_version, reverse=True)]
    return next((path.parent for path in found if path.is_file()), None)


def find_records(
    folder: Path, scale: int, min_size: int
) -> tuple[dict[Path, ImageInfo], dict[Path, ImageInfo], dict[Path, Path]]:
    """Lists the images of both splits, and reads each once.

    Args:
        folder: What `find_prepared` returns.
        scale: LR images are used if they are of this ratio.
        min_size: Least height and width, in pixels; smaller images are left
            out.

    Returns:
        Training set, validation set, and HR image -> LR image, all as paths
        for `read_sub_image`.

    Raises:
        UserError: If it is no dataset of pairs `lr` and `hr`, not in TFRecord
            files, or damaged.
    """
    splits = []
    lr: dict[Path, Path] = {}
    too_small = unusable_lr = 0
    for files in _files(folder):
        split: dict[Path, ImageInfo] = {}
        for file in files:
            for hr_path, hr, lr_path, lr_size in _pairs(file):
                height, width = hr.shape[:2]
                if min(height, width) < min_size:
                    too_small += 1
                    continue
                split[hr_path] = ImageInfo((height, width), fingerprint(hr))
                if lr_size == (height // scale, width // scale):
                    lr[hr_path] = lr_path
                else:
                    unusable_lr += 1
        splits.append(split)
    if too_small:
        logger.info(f"left out {too_small} images of under {min_size} pixels")
    if unusable_lr:
        logger.warning(
            f"{unusable_lr} LR images in {folder} are not of scale {scale}; "
            "they are replaced by downscaled images"
        )
    return splits[0], splits[1], lr


def _files(folder: Path) -> list[list[Path]]:
    try:
        info = read_json(folder / _INFO)
        name, form = info["name"], info.get("fileFormat", "tfrecord")
        # A path could lead out of the folder.
        if not re.fullmatch(r"\w+", name):
            raise ValueError(f"{name!r} is no name of a dataset")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / _INFO} is damaged: {error}") from error
    if form != "tfrecord":
        raise UserError(
            f"{folder} is in {form} files; prepare it as TFRecord: "
            "download_and_prepare(file_format='tfrecord')"
        )
    splits = [
        sorted(folder.glob(f"{name}-{split}.tfrecord-*")) for split in _SPLITS
    ]
    for path in splits[0] + splits[1]:
        # Such as div2k-train.tfrecord-00000-of-00008
        count = f"-{len(splits[f'-{_SPLITS[1]}.' in path.name]):05d}"
        if not path.name.endswith(count):
            raise UserError(f"files of {folder} are missing: {path.name}")
    return splits


def _pairs(
    file: Path,
) -> Iterator[tuple[Path, np.ndarray, Path, tuple[int, int]]]:
    with quiet_import():
        from google.protobuf.message import DecodeError
        from tensorflow.core.example.example_pb2 import Example
    try:
        for offset, record in _records(file):
            feature = Example.FromString(record).features.feature
            paths, images = [], []
            for key in ("hr", "lr"):
                (data,) = feature[key].bytes_list.value
                start = offset + record.index(data)
                paths.append(Path(f"{file}#{start}+{len(data)}"))
                images.append(decode_png(data))
            yield paths[0], images[0], paths[1], images[1].shape[:2]
    except (DecodeError, OSError, ValueError, UnreadableImage) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{file} is damaged or not of images lr and hr: {reason}"
        ) from error


def _records(file: Path) -> Iterator[tuple[int, bytes]]:
    """Reads records with their offsets; checksums are left to the PNGs."""
    with file.open("rb") as stream:
        while head := stream.read(HEADER_BYTES):
            length = int.from_bytes(head[:8], "little")
            offset = stream.tell()
            left = file.stat().st_size - offset
            if len(head) < HEADER_BYTES or length > left:
                raise ValueError("the last record is cut off")
            yield offset, stream.read(length)
            stream.seek(FRAME_BYTES - HEADER_BYTES, os.SEEK_CUR)


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parent.name.split(".") if part.isdigit()]
