"""The images of a training: a folder, DIV2K, or generated dead leaves."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gancore.errors import UserError, first_few
from srgan.data.dedup import ImageInfo, fingerprint
from srgan.data.locations import (
    div2k_dir,
    generate_dead_leaves,
    generated_dir,
)
from srgan.data.shards.reading import find_sub_images, is_shard_folder
from srgan.data.shards.tfds_records import find_prepared, find_records
from srgan.data.split import find_leaks, random_split
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import find_images, read_rgb

logger = logging.getLogger(__name__)

_TRAIN, _VALID = "DIV2K_train_HR", "DIV2K_valid_HR"
# Usual names of folders of LR images.
_LR_FOLDER = re.compile(r"(^|_)LR(_|$)")


@dataclasses.dataclass(frozen=True)
class ImageDataset:
    """Readable image files, split into a training and a validation set.

    Attributes:
        train: HR files of the training set, with their heights and widths in
            pixels.
        valid: HR files of the validation set, likewise; none is a
            near-duplicate of a training file.
        lr: HR file -> its official LR file, where there is one.
        name: `div2k`, `dead_leaves`, or the name of a folder.
        digest: Hash of the fingerprints of all images.
    """

    train: dict[Path, tuple[int, int]]
    valid: dict[Path, tuple[int, int]]
    lr: dict[Path, Path]
    name: str
    digest: str

    def facts(self) -> dict[str, Any]:
        """Returns names, sizes and the digest, which identify the dataset."""
        sides: dict[str, Any] = {
            side: [(path.name, size) for path, size in sizes.items()]
            for side, sizes in (("train", self.train), ("valid", self.valid))
        }
        return {**sides, "digest": self.digest}


def smallest_side(sizes: Iterable[tuple[int, int]]) -> int:
    """Returns the least height or width, in pixels."""
    return min(min(size) for size in sizes)


def find_dataset(
    dataset: str,
    data_dir: str | None,
    *,
    scale: int,
    min_size: int,
    validation_dir: str | None = None,
    validation_fraction: float,
    seed: int,
    skip_bad_shards: bool = False,
) -> ImageDataset:
    """Finds, reads and splits the images of `--dataset` and `--data_dir`.

    Files that cannot be read or are too small are left out and named on
    standard error.

    Args:
        dataset: `div2k` or the path of a folder.
        data_dir: Folder that is read in its place.
        scale: Ratio for which official LR files are looked up.
        min_size: Least height and width, in pixels.
        validation_dir: Folder of the validation set.
        validation_fraction: Share of the validation set where the data have
            no split of their own.
        seed: Seeds that split.
        skip_bad_shards: As `skip_bad` of `find_sub_images`.

    Raises:
        UserError: If there is no such folder or no usable image in it.
    """
    div2k = div2k_dir()
    root = div2k if dataset == "div2k" else Path(dataset)
    root = Path(data_dir) if data_dir else root
    name = (root.name or root.resolve().name) if root != div2k else "div2k"
    if dataset == "div2k" and not data_dir and not (root / _TRAIN).is_dir():
        logger.warning(
            f"{_TRAIN} is not in {div2k.absolute()}: using generated "
            f"dead-leaves images, kept in {generated_dir().absolute()}; "
            "python -m srgan download div2k gets the 800 photographs"
        )
        root, name = generate_dead_leaves(), "dead_leaves"
    train, valid, lr = _find_images(root, scale, min_size, skip_bad_shards)
    if not train:
        raise UserError(
            f"{root} holds no usable image of at least {min_size} x {min_size} "
            "pixels"
        )
    if validation_dir:
        valid = _read_all(Path(validation_dir), min_size)
        if not valid:
            raise UserError(f"{validation_dir} holds no usable image")
    if valid:
        leaks = find_leaks(train, valid)
        _report_skipped(
            [repr(path.name) for path in valid if path in leaks],
            "validation images that are near-duplicates of training images",
        )
        valid = {path: valid[path] for path in valid if path not in leaks}
    else:
        train, valid = random_split(train, validation_fraction, seed)
    images = {**train, **valid}
    return ImageDataset(
        {path: info.size for path, info in train.items()},
        {path: info.size for path, info in valid.items()},
        lr or _official_lr(root, images, scale),
        name,
        _digest(images.values()),
    )


def find_hr_images(folder: Path) -> list[Path]:
    """Lists the images of a folder, without those in folders of LR images.

    Raises:
        UserError: If there is no such folder or it cannot be read.
    """
    return [
        path
        for path in find_images(folder)
        if not any(map(_LR_FOLDER.search, path.relative_to(folder).parts[:-1]))
    ]


def _find_images(
    root: Path, scale: int, min_size: int, skip_bad_shards: bool
) -> tuple[dict[Path, ImageInfo], dict[Path, ImageInfo], dict[Path, Path]]:
    """Finds training images, validation images and LR files in a folder."""
    if (root / _TRAIN).is_dir():
        train = _read_all(root / _TRAIN, min_size)
        if not (root / _VALID).is_dir():
            return train, {}, {}
        return train, _read_all(root / _VALID, min_size), {}
    if (root / _VALID).is_dir():
        raise UserError(f"{root} holds {_VALID} but no {_TRAIN} to train on")
    if prepared := find_prepared(root, scale):
        return find_records(prepared, scale, min_size)
    if is_shard_folder(root):
        return find_sub_images(root, min_size, skip_bad_shards), {}, {}
    return _read_all(root, min_size), {}, {}


def _read_all(folder: Path, min_size: int) -> dict[Path, ImageInfo]:
    """Reads every file once, so that bad ones are found before training."""
    images: dict[Path, ImageInfo] = {}
    skipped: list[str] = []
    paths = find_hr_images(folder)
    for path in paths:
        try:
            image = read_rgb(path, min_size)
        except UnreadableImage as error:
            skipped.append(f"{path.name!r} ({error})")
            continue
        images[path] = ImageInfo(image.shape[:2], fingerprint(image))
    _report_skipped(skipped, f"of {len(paths)} images in {folder}")
    return images


def _digest(images: Iterable[ImageInfo]) -> str:
    digest = hashlib.sha256()
    for info in images:
        digest.update(np.asarray(info.fingerprint, np.float32).tobytes())
    return digest.hexdigest()[:16]


def _report_skipped(skipped: Sequence[str], what: str) -> None:
    if skipped:
        logger.warning(f"left out {len(skipped)} {what}: {first_few(skipped)}")


def _official_lr(
    root: Path, images: dict[Path, ImageInfo], scale: int
) -> dict[Path, Path]:
    """Finds DIV2K's own LR files: `0001.png` has `X4/0001x4.png`."""
    lr: dict[Path, Path] = {}
    skipped: list[str] = []
    for path, info in images.items():
        split = path.parent.name.removesuffix("_HR")
        folder = root / f"{split}_LR_bicubic" / f"X{scale}"
        candidate = folder / f"{path.stem}x{scale}.png"
        if not candidate.is_file():
            continue
        height, width = (side // scale for side in info.size)
        try:
            shape = read_rgb(candidate).shape[:2]
        except UnreadableImage as error:
            skipped.append(f"{candidate.name!r} ({error})")
            continue
        if shape == (height, width):
            lr[path] = candidate
        else:
            skipped.append(f"{candidate.name!r} (not {width} x {height})")
    _report_skipped(skipped, "official LR files, replaced by downscaled images")
    return lr
