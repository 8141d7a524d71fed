"""The command `prepare`: a folder of images becomes shards."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from gancore.config_fields import check_ranges, option, positional
from gancore.errors import RuntimeFailure, UserError, first_few
from gancore.io.atomic import remove_partial_files
from gancore.io.locks import lock
from gancore.io.paths import check_folder, make_folder
from gancore.training.config import DATA, OUTPUT

if TYPE_CHECKING:
    from srgan.data.shards.manifest import Shard

logger = logging.getLogger(__name__)

# Of photographs, as PNG.
_PIXEL_BYTES = 1.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """Options of `python -m srgan prepare`."""

    data: str = positional("Folder of images.", takes="FOLDER")
    out: str = positional("Folder for the shards.", takes="FOLDER")
    size: int = option(
        480, "Size of a sub-image.", group=DATA, unit="pixels", low=32
    )
    step: int = option(
        384,
        "From one sub-image to the next; a patch of up to their difference "
        "and one is whole in some sub-image.",
        group=DATA,
        unit="pixels",
        low=1,
    )
    smallest: int = option(
        96,
        "Images that are less high or wide are left out.",
        group=DATA,
        unit="pixels",
        low=16,
    )
    shard_size: int = option(
        256, "About how large a shard is.", group=OUTPUT, unit="MiB", low=1
    )
    workers: int = option(
        2,
        "Shards that are written at a time.",
        group=OUTPUT,
        unit="processes",
        low=1,
        high=1_000,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.step > self.size:
            raise UserError("--step beyond --size would leave pixels out")


def run(options: PrepareOptions) -> int:
    """Writes the shards that are not there yet, then the manifest.

    Returns:
        0.
    """
    from srgan.data.shards.manifest import (
        MANIFEST,
        UNFINISHED,
        Manifest,
        read_manifest,
        sha256_of,
    )
    from srgan.data.sources import find_hr_images

    files = find_hr_images(Path(options.data))
    if not files:
        raise UserError(f"there is no image in {options.data}")
    folder = Path(options.out)
    check_folder(folder)
    make_folder(folder)
    lock(folder)
    remove_partial_files(folder, ".*.tfrecord")
    groups = list(_grouped(files, options))
    settings = {
        "size": options.size,
        "step": options.step,
        "smallest": options.smallest,
        # By which images are grouped.
        "shard_size": options.shard_size,
        "pictures": _digest(files),
        "shards": len(groups),
    }
    finished, unfinished = folder / MANIFEST, folder / UNFINISHED
    done: dict[str, Shard] = {}
    for path in (finished, unfinished):
        if path.is_file():
            known = read_manifest(path)
            if known.settings != settings:
                raise UserError(
                    f"{folder} holds shards of other images or settings; "
                    "give another folder"
                )
            done.update(
                (shard.name, shard)
                for shard in known.shards
                if sha256_of(folder / shard.name) == shard.sha256
            )
    names = [f"part-{i:05d}.tfrecord" for i in range(len(groups))]
    missing = [i for i, name in enumerate(names) if name not in done]
    if finished.is_file() and missing:
        finished.rename(unfinished)
    refused: list[str] = []

    def save(path: Path) -> None:
        shards = [done[name] for name in names if name in done]
        Manifest(settings, shards).save(path)

    for shard, left_out in _written(
        [groups[i] for i in missing],
        [folder / names[i] for i in missing],
        options,
    ):
        done[shard.name] = shard
        refused += left_out
        save(unfinished)
        print(f"{len(done)}/{len(names)} shards", file=sys.stderr, flush=True)
    if refused:
        logger.warning(f"left out {len(refused)} images: {first_few(refused)}")
    sources = [source for name in names for source in done[name].sources]
    if not sources:
        raise UserError(f"no image of {options.data} could be used")
    save(finished)
    unfinished.unlink(missing_ok=True)
    parts = sum(len(source.parts) for source in sources)
    print(
        f"{parts} sub-images of {len(sources)} images in {len(names)} "
        f"shards: {folder.resolve()}"
    )
    return 0


def _written(
    groups: Sequence[Sequence[Path]],
    paths: Sequence[Path],
    options: PrepareOptions,
) -> Iterator[tuple[Shard, list[str]]]:
    """Gives each shard as soon as it is written."""
    from srgan.data.shards.writing import write_shard

    sizes = (options.size, options.step, options.smallest)
    # Forks of a process that has used TensorFlow may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        options.workers, context, _end_with_parent
    ) as pool:
        jobs = [
            pool.submit(write_shard, files, path, *sizes)
            for files, path in zip(groups, paths, strict=True)
        ]
        try:
            for job in as_completed(jobs):
                yield job.result()
        except BrokenProcessPool as error:
            raise RuntimeFailure(
                "a process that wrote shards was killed, perhaps for want of "
                "memory; give the command once more, with fewer --workers"
            ) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """Ends this process where its parent was killed; it would wait for ever."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _grouped(
    files: Sequence[Path], options: PrepareOptions
) -> Iterator[list[Path]]:
    """Gives the images of each shard, by their numbers of pixels."""
    from srgan.image_io.open_image import UnreadableImage, open_image

    # Overlapping sub-images hold so many times the pixels.
    times = (options.size / options.step) ** 2
    group: list[Path] = []
    total = 0.0
    for file in files:
        group.append(file)
        with contextlib.suppress(UnreadableImage), open_image(file) as image:
            width, height = image.size
            total += width * height * times * _PIXEL_BYTES / 2**20
        if total >= options.shard_size:
            yield group
            group, total = [], 0.0
    if group:
        yield group


def _digest(files: Sequence[Path]) -> str:
    facts = [
        # A link may lead to nothing.
        (file.name, file.stat().st_size if file.exists() else 0)
        for file in files
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
