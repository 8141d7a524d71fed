"""Where pictures come from: a folder, the real DIV2K, or dead leaves."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adversarial.messages import UserError, note
from srgan.dead_leaves import dead_leaves
from srgan.images import UnreadableImage, find_images, read_rgb, write_png

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
DIV2K = DATASETS / "div2k"
# The stand-in for DIV2K: pictures, and pixels along a side.
_LEAVES, _LEAVES_SIZE = 48, 256


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Readable picture files, split into a training and a validation set.

    Attributes:
        name: Name of the dataset, as printed.
        train: Files to learn from.
        valid: Files held out; none of them shows what a training file shows.
        smallest: Least height or width among all, in pixels.
        pixels: Pixels in the training files together.
        low: Official low-resolution file of each file that has one.
    """

    name: str
    train: list[Path]
    valid: list[Path]
    smallest: int
    pixels: int
    low: dict[Path, Path]


def find_pictures(
    dataset: str,
    data_dir: str | None,
    *,
    scale: int,
    smallest: int,
    validation_fraction: float,
    seed: int,
) -> Pictures:
    """Finds and checks the pictures behind `--dataset` and `--data_dir`.

    Files that cannot be read or are too small are left out, and a note names
    them.

    Args:
        dataset: `div2k` or the path of a folder.
        data_dir: A folder that overrides where it is looked for.
        scale: Ratio for which official low-resolution files are looked up.
        smallest: Least height and width, in pixels.
        validation_fraction: Share held out of a folder without a split of
            its own.
        seed: Seeds that split.

    Raises:
        UserError: If there is no such folder or fewer than two usable images.
    """
    if dataset == "div2k":
        root, name = Path(data_dir) if data_dir else DIV2K, "div2k"
    else:
        root = Path(data_dir or dataset)
        name = root.resolve().name if Path(dataset).exists() else dataset
    official = root / "DIV2K_train_HR", root / "DIV2K_valid_HR"
    if dataset == "div2k" and not data_dir and not official[0].is_dir():
        note(
            f"DIV2K_train_HR is not in {root}: using generated dead-leaves "
            "pictures; get the 800 photographs from "
            "data.vision.ee.ethz.ch/cvl/DIV2K"
        )
        root = _leaves_folder(seed)
    if official[0].is_dir():
        train = _usable(find_images(official[0]), official[0], smallest)
        valid: dict[Path, _Facts] = {}
        if official[1].is_dir():
            valid = _usable(find_images(official[1]), official[1], smallest)
    else:
        train, valid = _usable(find_images(root), root, smallest), {}
    if not train:
        raise UserError(
            f"{root} holds no usable image of at least {smallest} x {smallest} "
            "pixels"
        )
    if valid:
        seen = {facts.content for facts in train.values()}
        valid = {p: f for p, f in valid.items() if f.content not in seen}
    elif len(train) > 1:
        held_out = _hold_out(train, validation_fraction, seed)
        valid = {p: f for p, f in train.items() if p in held_out}
        train = {p: f for p, f in train.items() if p not in held_out}
    everything = [*train.values(), *valid.values()]
    return Pictures(
        name,
        list(train),
        list(valid),
        smallest=min(min(facts.shape) for facts in everything),
        pixels=sum(f.shape[0] * f.shape[1] for f in train.values()),
        low=_official_low(root, [*train, *valid], scale),
    )


@dataclasses.dataclass(frozen=True)
class _Facts:
    shape: tuple[int, int]
    content: bytes


def _usable(
    paths: Sequence[Path], folder: Path, smallest: int
) -> dict[Path, _Facts]:
    """Reads every file once, so that a bad one is known before training."""
    facts: dict[Path, _Facts] = {}
    refused: list[str] = []
    for path in paths:
        try:
            image = read_rgb(path)
        except UnreadableImage as error:
            refused.append(f"{path.name} ({error})")
            continue
        height, width = image.shape[:2]
        if min(height, width) < smallest:
            refused.append(f"{path.name} ({width} x {height} is too small)")
            continue
        digest = hashlib.blake2b(image.tobytes(), digest_size=16).digest()
        facts[path] = _Facts((height, width), digest)
    if refused:
        rest = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
        note(
            f"left out {len(refused)} of {len(paths)} images in {folder}: "
            + ", ".join(refused[:3])
            + rest
        )
    return facts


def _hold_out(
    facts: dict[Path, _Facts], fraction: float, seed: int
) -> set[Path]:
    """Chooses files to validate on; copies of a picture stay together."""
    if not fraction:
        return set()
    by_content: dict[bytes, list[Path]] = {}
    for path, fact in facts.items():
        by_content.setdefault(fact.content, []).append(path)
    groups = list(by_content.values())
    wanted = max(1, round(len(groups) * fraction))
    order = np.random.default_rng(seed).permutation(len(groups))
    chosen = order[: min(wanted, len(groups) - 1)]
    return {path for i in chosen for path in groups[i]}


def _official_low(
    root: Path, paths: Sequence[Path], scale: int
) -> dict[Path, Path]:
    """Finds DIV2K's own files: `0001.png` has `X4/0001x4.png`."""
    low = {}
    for path in paths:
        split = path.parent.name.removesuffix("_HR")
        folder = root / f"{split}_LR_bicubic" / f"X{scale}"
        candidate = folder / f"{path.stem}x{scale}.png"
        if candidate.is_file():
            low[path] = candidate
    return low


def _leaves_folder(seed: int) -> Path:
    """Renders the stand-in once, split as DIV2K is, and keeps it as files."""
    folder = DIV2K / f"dead_leaves_{_LEAVES}x{_LEAVES_SIZE}_{seed}"
    if folder.is_dir():
        return folder
    note(f"rendering {_LEAVES} pictures into {folder}")
    try:
        DIV2K.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="dead_leaves_", dir=DIV2K))
    except OSError as error:
        raise UserError(f"cannot write {DIV2K}: {error.strerror}") from error
    try:
        for i in range(_LEAVES):
            pixels = dead_leaves(_LEAVES_SIZE, seed * _LEAVES + i)
            write_png(partial / f"{i:04d}.png", pixels)
        partial.rename(folder)
    except OSError as error:
        if not folder.is_dir():
            raise UserError(f"cannot write {folder}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
