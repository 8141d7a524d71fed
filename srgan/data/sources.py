"""Where images come from: a folder, the real DIV2K, or dead leaves."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gancore.errors import RuntimeFailure, UserError, first_few
from srgan.data.dead_leaves import dead_leaves
from srgan.data.dedup import fingerprint, group_near_duplicates
from srgan.data.shards.reading import SubImage, find_sub_images, is_shard_folder
from srgan.data.shards.tfds_records import find_prepared, find_records
from srgan.image_io.files import (
    find_images,
    read_large_enough,
    read_rgb,
    write_png,
)
from srgan.image_io.open_image import UnreadableImage

logger = logging.getLogger(__name__)

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
DIV2K = DATASETS / "div2k"
_TRAIN, _VALID = "DIV2K_train_HR", "DIV2K_valid_HR"
# Folders of low-resolution files, by the field's custom.
_LOW = re.compile(r"(^|_)LR(_|$)")
# The stand-in for DIV2K: images, and pixels along a side.
_LEAVES, _LEAVES_SIZE = 48, 256


@dataclasses.dataclass(frozen=True)
class ImageDataset:
    """Readable image files, split into a training and a validation set.

    Attributes:
        train: Files to learn from, with their heights and widths in pixels.
        valid: Files validation, likewise; none is a copy of a training file,
            not even resized or compressed.
        low: Official low-resolution file of each file that has one.
        name: What they are called: `div2k`, or the name of a folder.
        digest: Tells images of other contents apart.
    """

    train: dict[Path, tuple[int, int]]
    valid: dict[Path, tuple[int, int]]
    low: dict[Path, Path]
    name: str
    digest: str

    def facts(self) -> dict[str, Any]:
        """Gives names, sizes and contents, which tell other images apart."""
        sides: dict[str, Any] = {
            side: [(path.name, size) for path, size in sizes.items()]
            for side, sizes in (("train", self.train), ("valid", self.valid))
        }
        return {**sides, "digest": self.digest}


def smallest_side(sizes: Iterable[tuple[int, int]]) -> int:
    """Gives the least height or width, in pixels."""
    return min(min(size) for size in sizes)


def find_dataset(
    dataset: str,
    data_dir: str | None,
    *,
    scale: int,
    smallest: int,
    validation_dir: str | None = None,
    validation_fraction: float,
    seed: int,
    skip_bad_shards: bool = False,
) -> ImageDataset:
    """Finds and checks the images behind `--dataset` and `--data_dir`.

    Files that cannot be read or are too small are left out, and a note names
    them.

    Args:
        dataset: `div2k` or the path of a folder.
        data_dir: A folder that overrides where it is looked for.
        scale: Ratio for which official low-resolution files are looked up.
        smallest: Least height and width, in pixels.
        validation_dir: A folder of the images to hold out, of any dataset.
        validation_fraction: Share validation of a folder without a split of
            its own.
        seed: Seeds that split.
        skip_bad_shards: As for `find_sub_images`.

    Raises:
        UserError: If there is no such folder or no usable image in it.
    """
    root = DIV2K if dataset == "div2k" else Path(dataset)
    root = Path(data_dir) if data_dir else root
    name = (root.name or root.resolve().name) if root != DIV2K else "div2k"
    if dataset == "div2k" and not data_dir and not (root / _TRAIN).is_dir():
        logger.warning(
            f"{_TRAIN} is not in {root}: using generated dead-leaves "
            "images; python -m srgan download div2k gets the 800 photographs"
        )
        root = _leaves_folder()
        name = "dead_leaves"
    low: dict[Path, Path] = {}
    if (root / _TRAIN).is_dir():
        train = _usable(root / _TRAIN, smallest)
        valid = (
            _usable(root / _VALID, smallest) if (root / _VALID).is_dir() else {}
        )
    elif (root / _VALID).is_dir():
        raise UserError(f"{root} holds {_VALID} but no {_TRAIN} to learn from")
    elif prepared := find_prepared(root, scale):
        train, valid, low = find_records(prepared, scale, smallest)
    elif is_shard_folder(root):
        train, valid = find_sub_images(root, smallest, skip_bad_shards), {}
    else:
        train, valid = _usable(root, smallest), {}
    if not train:
        raise UserError(
            f"{root} holds no usable image of at least {smallest} x {smallest} "
            "pixels"
        )
    if validation_dir:
        valid = _usable(Path(validation_dir), smallest)
        if not valid:
            raise UserError(f"{validation_dir} holds no usable image")
    if valid:
        valid = _without_copies(valid, train)
    else:
        held_out = _hold_out(train, validation_fraction, seed)
        valid = {p: f for p, f in train.items() if p in held_out}
        train = {p: f for p, f in train.items() if p not in held_out}
    facts = {**train, **valid}
    return ImageDataset(
        {path: fact.size for path, fact in train.items()},
        {path: fact.size for path, fact in valid.items()},
        low or _official_low(root, facts, scale),
        name,
        _digest(facts.values()),
    )


def find_hr_images(folder: Path) -> list[Path]:
    """Lists the images of a folder but those in its low-resolution ones.

    Raises:
        UserError: If there is no such folder or it cannot be read.
    """
    return [
        path
        for path in find_images(folder)
        if not any(map(_LOW.search, path.relative_to(folder).parts[:-1]))
    ]


def _usable(folder: Path, smallest: int) -> dict[Path, SubImage]:
    """Reads every file once, so that a bad one is known before training."""
    facts: dict[Path, SubImage] = {}
    refused: list[str] = []
    paths = find_hr_images(folder)
    for path in paths:
        try:
            image = read_large_enough(path, smallest)
        except UnreadableImage as error:
            refused.append(f"{path.name!r} ({error})")
            continue
        facts[path] = SubImage(image.shape[:2], fingerprint(image))
    _note_refused(refused, f"of {len(paths)} images in {folder}")
    return facts


def _digest(facts: Iterable[SubImage]) -> str:
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(np.asarray(fact.print, np.float32).tobytes())
    return digest.hexdigest()[:16]


def _note_refused(refused: Sequence[str], what: str) -> None:
    if refused:
        logger.warning(f"left out {len(refused)} {what}: {first_few(refused)}")


def _without_copies(
    valid: dict[Path, SubImage], train: dict[Path, SubImage]
) -> dict[Path, SubImage]:
    """Drops the validation files that show what a training file shows."""
    facts = {**train, **valid}
    names = list(facts)
    copies: set[Path] = set()
    for group in group_near_duplicates([fact.print for fact in facts.values()]):
        if group[0] < len(train):
            copies.update(names[i] for i in group if i >= len(train))
    _note_refused(
        [repr(path.name) for path in copies], "validation copies of images"
    )
    return {path: fact for path, fact in valid.items() if path not in copies}


def _hold_out(
    facts: dict[Path, SubImage], fraction: float, seed: int
) -> set[Path]:
    """Chooses files to validate on; copies of a image stay together."""
    groups = group_near_duplicates([fact.print for fact in facts.values()])
    wanted = max(1, round(len(groups) * fraction)) if fraction else 0
    order = np.random.default_rng(seed).permutation(len(groups))
    names = list(facts)
    chosen = order[: min(wanted, len(groups) - 1)]
    return {names[i] for g in chosen for i in groups[g]}


def _official_low(
    root: Path, facts: dict[Path, SubImage], scale: int
) -> dict[Path, Path]:
    """Finds DIV2K's own files: `0001.png` has `X4/0001x4.png`."""
    low: dict[Path, Path] = {}
    refused: list[str] = []
    for path, fact in facts.items():
        split = path.parent.name.removesuffix("_HR")
        folder = root / f"{split}_LR_bicubic" / f"X{scale}"
        candidate = folder / f"{path.stem}x{scale}.png"
        if not candidate.is_file():
            continue
        height, width = (side // scale for side in fact.size)
        try:
            shape = read_rgb(candidate).shape[:2]
        except UnreadableImage as error:
            refused.append(f"{candidate.name!r} ({error})")
            continue
        if shape == (height, width):
            low[path] = candidate
        else:
            refused.append(f"{candidate.name!r} (not {width} x {height})")
    _note_refused(refused, "low-resolution files, which are made anew")
    return low


def _leaves_folder() -> Path:
    """Renders the stand-in once and keeps it as files."""
    folder = DIV2K / f"dead_leaves_{_LEAVES}x{_LEAVES_SIZE}"
    if folder.is_dir():
        return folder
    logger.info(f"rendering {_LEAVES} images into {folder}")
    try:
        DIV2K.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="dead_leaves_", dir=DIV2K))
    except OSError as error:
        raise RuntimeFailure(
            f"cannot write {DIV2K}: {error.strerror}"
        ) from error
    try:
        for i in range(_LEAVES):
            write_png(partial / f"{i:04d}.png", dead_leaves(_LEAVES_SIZE, i))
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError as error:
        # Another run may have been quicker.
        if not folder.is_dir():
            raise RuntimeFailure(f"cannot write {folder}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
