"""Images that TensorFlow Datasets prepared, read without it."""

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
from srgan.data.dedup import fingerprint
from srgan.data.shards.reading import SubImage, decode
from srgan.data.shards.writing import AROUND, BEFORE
from srgan.image_io.open_image import UnreadableImage

logger = logging.getLogger(__name__)

_INFO = "dataset_info.json"
_NAME = "div2k"
# Its names of the splits, in the order of `find_records`.
_SPLITS = ("train", "validation")


def find_prepared(root: Path, scale: int) -> Path | None:
    """Finds the folder of a prepared DIV2K.

    Args:
        root: That folder, such as `div2k/bicubic_x4/2.0.0`, or the one that
            holds all datasets, in which that of bicubic images is taken.
        scale: Ratio of the resolutions.

    Returns:
        The folder of the newest version, if there is one.
    """
    versions = (root / _NAME / f"bicubic_x{scale}").glob(f"*/{_INFO}")
    found = [root / _INFO, *sorted(versions, key=_version, reverse=True)]
    return next((path.parent for path in found if path.is_file()), None)


def find_records(
    folder: Path, scale: int, smallest: int
) -> tuple[dict[Path, SubImage], dict[Path, SubImage], dict[Path, Path]]:
    """Lists the images of both splits, all of them read once.

    Args:
        folder: What `find_prepared` gives.
        scale: Images of low resolution are taken if they fit it.
        smallest: Least height and width, in pixels; smaller ones are left
            out.

    Returns:
        Images to learn from, images validation, and those of low
        resolution by those of high, as paths that `read_sub_image` reads.

    Raises:
        UserError: If it is no dataset of pairs `lr` and `hr`, not in TFRecord
            files, or one of them is damaged.
    """
    splits = []
    low: dict[Path, Path] = {}
    small = unfit = 0
    for files in _files(folder):
        split: dict[Path, SubImage] = {}
        for file in files:
            for high_path, high, low_path, low_size in _pairs(file):
                height, width = high.shape[:2]
                if min(height, width) < smallest:
                    small += 1
                    continue
                split[high_path] = SubImage((height, width), fingerprint(high))
                if low_size == (height // scale, width // scale):
                    low[high_path] = low_path
                else:
                    unfit += 1
        splits.append(split)
    if small:
        logger.info(f"left out {small} images of under {smallest} pixels")
    if unfit:
        logger.warning(
            f"{unfit} images of low resolution in {folder} are not of scale "
            f"{scale}; they are made anew"
        )
    return splits[0], splits[1], low


def _files(folder: Path) -> list[list[Path]]:
    try:
        info = read_json(folder / _INFO)
        name, form = info["name"], info.get("fileFormat", "tfrecord")
        # A path would lead out of the folder.
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
        for place, record in _records(file):
            feature = Example.FromString(record).features.feature
            paths, images = [], []
            for key in ("hr", "lr"):
                (data,) = feature[key].bytes_list.value
                start = place + record.index(data)
                paths.append(Path(f"{file}#{start}+{len(data)}"))
                images.append(decode(data))
            yield paths[0], images[0], paths[1], images[1].shape[:2]
    except (DecodeError, OSError, ValueError, UnreadableImage) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{file} is damaged or not of images lr and hr: {reason}"
        ) from error


def _records(file: Path) -> Iterator[tuple[int, bytes]]:
    """Gives records and where they begin; what is damaged is no PNG."""
    with file.open("rb") as stream:
        while head := stream.read(BEFORE):
            length = int.from_bytes(head[:8], "little")
            place = stream.tell()
            if len(head) < BEFORE or length > file.stat().st_size - place:
                raise ValueError("the last record is cut off")
            yield place, stream.read(length)
            stream.seek(AROUND - BEFORE, os.SEEK_CUR)


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parent.name.split(".") if part.isdigit()]
