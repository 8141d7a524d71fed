"""Cuts images into sub-images and writes them into a shard."""

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
from srgan.data.shards.manifest import Part, Shard, Source, sha256_of
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb

# Bytes of a TFRecord besides its data: length and checksum before them, and a
# second checksum after them.
HEADER_BYTES = 12
FRAME_BYTES = HEADER_BYTES + 4


def sub_image_starts(side: int, size: int, step: int) -> list[int]:
    """Returns the offsets of sub-images along a side; the last ends with it.

    Args:
        side: Height or width of the image, in pixels; a shorter one than
            `size` is one sub-image.
        size: Height and width of a sub-image, in pixels.
        step: Distance of two offsets, in pixels.
    """
    last = max(side - size, 0)
    starts = list(range(0, last + 1, step))
    return starts if starts[-1] == last else [*starts, last]


def cut_sub_images(
    pixels: np.ndarray, size: int, step: int
) -> Iterator[np.ndarray]:
    """Cuts an image of shape `(height, width, 3)`, in row-major order."""
    height, width = pixels.shape[:2]
    for top in sub_image_starts(height, size, step):
        for left in sub_image_starts(width, size, step):
            yield pixels[top : top + size, left : left + size]


def write_shard(
    files: Sequence[Path], path: Path, size: int, step: int, min_size: int
) -> tuple[Shard, list[str]]:
    """Writes the sub-images of some images atomically.

    Args:
        files: The images.
        path: TFRecord file to write.
        size: Height and width of a sub-image, in pixels.
        step: Distance of two sub-images, in pixels.
        min_size: Least height and width of an image, in pixels.

    Returns:
        The shard's record for the manifest, and the images that were left
        out, with the reasons.

    Raises:
        RuntimeFailure: If the file cannot be written.
    """
    with quiet_import():
        import tensorflow as tf

    sources: list[Source] = []
    skipped: list[str] = []
    end = 0
    with (
        _plain_errors(path, tf.errors.OpError),
        atomic_write(path) as partial,
        tf.io.TFRecordWriter(str(partial)) as writer,
    ):
        for file in files:
            try:
                pixels = read_rgb(file, min_size)
            except UnreadableImage as error:
                skipped.append(f"{file.name!r} ({error})")
                continue
            parts = []
            for image in cut_sub_images(pixels, size, step):
                data = _png(image)
                writer.write(data)
                start = end + HEADER_BYTES
                parts.append(Part(start, len(data), *image.shape[:2]))
                end += FRAME_BYTES + len(data)
            values = [float(value) for value in fingerprint(pixels)]
            sources.append(Source(file.name, values, parts))
    return Shard(path.name, sha256_of(path), sources), skipped


@contextmanager
def _plain_errors(path: Path, kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind as error:
        # TensorFlow's message begins with the name of the partial file.
        reason = str(error).rpartition("; ")[2]
        raise RuntimeFailure(f"could not write {path}: {reason}") from error


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=3)
    return file.getvalue()
