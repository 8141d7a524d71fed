"""The command `prepare`: cuts a folder of images into shards."""

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
from gancore.io.paths import check_folder, create_folder
from gancore.training.config import DATA, OUTPUT

if TYPE_CHECKING:
    from srgan.data.shards.manifest import Shard

logger = logging.getLogger(__name__)

# Bytes per pixel of a photograph as PNG.
_PNG_BYTES_PER_PIXEL = 1.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """Options of `python -m srgan prepare`."""

    data: str = positional("Folder of images.", takes="FOLDER")
    out: str = positional("Folder for the shards.", takes="FOLDER")
    size: int = option(
        480,
        "Height and width of a sub-image.",
        group=DATA,
        unit="pixels",
        low=32,
    )
    step: int = option(
        384,
        "Stride between sub-images; every patch of up to size - step + 1 "
        "pixels is contained in one.",
        group=DATA,
        unit="pixels",
        low=1,
    )
    smallest: int = option(
        96,
        "Minimum height and width of an image; smaller ones are left out.",
        group=DATA,
        unit="pixels",
        low=16,
    )
    shard_size: int = option(
        256, "Approximate size of a shard.", group=OUTPUT, unit="MiB", low=1
    )
    workers: int = option(
        2,
        "Number of shards written in parallel.",
        group=OUTPUT,
        unit="processes",
        low=1,
        high=1_000,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.step > self.size:
            raise UserError(
                "--step is more than --size and would leave pixels out"
            )


def run(options: PrepareOptions) -> int:
    """Writes the shards that are missing, then the manifest.

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
    create_folder(folder)
    lock(folder)
    remove_partial_files(folder, ".*.tfrecord")
    groups = list(_group_files(files, options))
    settings = {
        "size": options.size,
        "step": options.step,
        "smallest": options.smallest,
        # The images are grouped by it.
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
                    f"{folder} holds shards of other images or options; "
                    "choose another folder"
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
    skipped: list[str] = []

    def save(path: Path) -> None:
        shards = [done[name] for name in names if name in done]
        Manifest(settings, shards).save(path)

    for shard, left_out in _write_shards(
        [groups[i] for i in missing],
        [folder / names[i] for i in missing],
        options,
    ):
        done[shard.name] = shard
        skipped += left_out
        save(unfinished)
        print(f"{len(done)}/{len(names)} shards", file=sys.stderr, flush=True)
    if skipped:
        logger.warning(f"left out {len(skipped)} images: {first_few(skipped)}")
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


def _write_shards(
    groups: Sequence[Sequence[Path]],
    paths: Sequence[Path],
    options: PrepareOptions,
) -> Iterator[tuple[Shard, list[str]]]:
    """Writes shards in parallel, and yields each as soon as it is done."""
    from srgan.data.shards.writing import write_shard

    sizes = (options.size, options.step, options.smallest)
    # A forked process that has used TensorFlow may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        options.workers, context, _exit_with_parent
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
                "memory; run the command once more, with fewer --workers"
            ) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _exit_with_parent() -> None:
    """Makes this process exit when its parent is killed."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _group_files(
    files: Sequence[Path], options: PrepareOptions
) -> Iterator[list[Path]]:
    """Yields the images of each shard, by their numbers of pixels."""
    from srgan.image_io.errors import UnreadableImage
    from srgan.image_io.open_image import open_image

    # Overlapping sub-images hold this many times the pixels.
    overlap = (options.size / options.step) ** 2
    group: list[Path] = []
    total = 0.0
    for file in files:
        group.append(file)
        with contextlib.suppress(UnreadableImage), open_image(file) as image:
            width, height = image.size
            total += width * height * overlap * _PNG_BYTES_PER_PIXEL / 2**20
        if total >= options.shard_size:
            yield group
            group, total = [], 0.0
    if group:
        yield group


def _digest(files: Sequence[Path]) -> str:
    entries = [
        # A link may be broken.
        (file.name, file.stat().st_size if file.exists() else 0)
        for file in files
    ]
    return hashlib.sha256(repr(entries).encode()).hexdigest()[:16]
