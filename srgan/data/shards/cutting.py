"""Cuts images into sub-images and writes a shard of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from gancore.errors import RuntimeFailure
from gancore.io.atomic import atomic_write
from gancore.training.tf_setup import quiet_import
from srgan.data.dedup import fingerprint
from srgan.data.shards.manifest import Part, Shard, Source, digest_of
from srgan.image_io.files import read_large_enough
from srgan.image_io.opening import UnreadableImage

# A TFRecord has a length and its checksum before the data, and one behind.
BEFORE = 12
AROUND = BEFORE + 4


def places(side: int, size: int, step: int) -> list[int]:
    """Gives where sub-images begin along a side; the last ends with it.

    Args:
        side: Of the image, in pixels; a shorter one is one sub-image.
        size: Of a sub-image, in pixels.
        step: From one beginning to the next, in pixels.
    """
    last = max(side - size, 0)
    starts = list(range(0, last + 1, step))
    return starts if starts[-1] == last else [*starts, last]


def sub_images(
    pixels: np.ndarray, size: int, step: int
) -> Iterator[np.ndarray]:
    """Cuts a image, shape `(height, width, 3)`, row after row."""
    height, width = pixels.shape[:2]
    for top in places(height, size, step):
        for left in places(width, size, step):
            yield pixels[top : top + size, left : left + size]


def write_shard(
    files: Sequence[Path], path: Path, size: int, step: int, smallest: int
) -> tuple[Shard, list[str]]:
    """Writes the sub-images of some images, whole or not at all.

    Args:
        files: The images.
        path: TFRecord file to write.
        size: Of a sub-image, in pixels.
        step: From one to the next, in pixels.
        smallest: Least height and width of a image, in pixels.

    Returns:
        What was written, and what was left out and why.

    Raises:
        FailedWork: If the file cannot be written.
    """
    with quiet_import():
        import tensorflow as tf

    sources: list[Source] = []
    refused: list[str] = []
    end = 0
    with (
        _plain_errors(path, tf.errors.OpError),
        atomic_write(path) as partial,
        tf.io.TFRecordWriter(str(partial)) as writer,
    ):
        for file in files:
            try:
                pixels = read_large_enough(file, smallest)
            except UnreadableImage as error:
                refused.append(f"{file.name!r} ({error})")
                continue
            parts = []
            for image in sub_images(pixels, size, step):
                data = _png(image)
                writer.write(data)
                parts.append(Part(end + BEFORE, len(data), *image.shape[:2]))
                end += AROUND + len(data)
            prints = [float(value) for value in fingerprint(pixels)]
            sources.append(Source(file.name, prints, parts))
    return Shard(path.name, digest_of(path), sources), refused


@contextmanager
def _plain_errors(path: Path, kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind as error:
        # TensorFlow tells the name of the partial file first.
        reason = str(error).rpartition("; ")[2]
        raise RuntimeFailure(f"could not write {path}: {reason}") from error


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=3)
    return file.getvalue()
