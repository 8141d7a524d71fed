"""Peak memory of the training data pipeline for datasets of growing size.

Shards of sub-images; the larger datasets are hard links to the same shard.
Images are cached in memory up to 400 megapixels (1.2 GB), and re-read beyond.

python benchmarks/memory.py
"""

from __future__ import annotations

import dataclasses
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import make_parser, report

_TIMES = (1, 10, 100)
_IMAGES, _SIDE, _STEPS, _BATCH, _PATCH = 24, 1024, 60, 8, 96


def make(folder: Path) -> None:
    """Writes a dataset of each size into a folder of its own."""
    from srgan.commands.prepare import PrepareOptions, run
    from srgan.data.dead_leaves import dead_leaves
    from srgan.data.shards.manifest import MANIFEST, Manifest, read_manifest
    from srgan.image_io.files import write_png

    images = folder / "images"
    images.mkdir()
    for i in range(_IMAGES):
        write_png(images / f"{i}.png", dead_leaves(_SIDE, i))
    once = folder / "once"
    run(PrepareOptions(data=str(images), out=str(once), shard_size=10_000))
    manifest = read_manifest(once / MANIFEST)
    (shard,) = manifest.shards
    for times in _TIMES:
        grown = folder / str(times)
        grown.mkdir()
        shards = [
            dataclasses.replace(shard, name=f"part-{i:05d}.tfrecord")
            for i in range(times)
        ]
        for copy in shards:
            os.link(once / shard.name, grown / copy.name)
        Manifest(manifest.settings, shards).save(grown / MANIFEST)


def read(folder: Path) -> None:
    """Reads an epoch and prints megapixels, seconds and peak memory."""
    from srgan.data.dataset import make_training_dataset
    from srgan.data.mapping_network import MappingNetwork
    from srgan.data.shards.reading import find_sub_images

    start = time.perf_counter()
    found = find_sub_images(folder, _PATCH)
    indexing = time.perf_counter() - start
    sizes = {path: facts.size for path, facts in found.items()}
    batches = make_training_dataset(
        sizes,
        {},
        mapping=MappingNetwork(4),
        patch_size=_PATCH,
        batch_size=_BATCH,
        steps=_STEPS,
        seed=1,
    )
    for _ in batches:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    pixels = sum(height * width for height, width in sizes.values()) / 1e6
    print(f"{pixels:.0f} {len(sizes)} {indexing:.1f} {peak:.2f}")


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--read", help="used by the script")
    options = parser.parse_args()
    if options.read:
        read(Path(options.read))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        for times in _TIMES:
            printed = subprocess.run(
                [sys.executable, __file__, "--read", f"{folder}/{times}"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
            rows.append(
                {
                    "times the data": str(times),
                    "megapixels": printed[0],
                    "sub-images": printed[1],
                    "checksums, s": printed[2],
                    "peak memory, GiB": printed[3],
                }
            )
    report("memory", rows, options.write)


if __name__ == "__main__":
    main()
