"""Images to `tf.data` batches of low- and high-resolution patches."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf

from srgan.data.mapping_network import MappingNetwork
from srgan.data.shards.reading import is_sub_image, read_sub_image
from srgan.data.sources import smallest_side
from srgan.image_io.files import read_rgb
from srgan.image_io.open_image import UnreadableImage

logger = logging.getLogger(__name__)

# Decoded images are kept in memory up to this many pixels (3 bytes each).
_CACHED_PIXELS = 400_000_000
# A image too large to keep gives this many patches each time it is read.
_PATCHES_PER_READING = 16

# Low resolution and high.
Pair = tuple[tf.Tensor, tf.Tensor]


def make_training_dataset(
    sizes: dict[Path, tuple[int, int]],
    low: dict[Path, Path],
    *,
    mapping: MappingNetwork,
    patch_size: int,
    batch_size: int,
    steps: int,
    seed: int,
) -> tf.data.Dataset:
    """Makes an epoch of random patches, turned and mirrored at random.

    Args:
        sizes: High-resolution files, none smaller than a patch, with their
            heights and widths in pixels.
        low: Their official low-resolution files, where there are any; the
            mapping network makes the others, and if it is blind, all.
        mapping: Makes images of low resolution.
        patch_size: Height and width of a high-resolution patch, in pixels,
            a multiple of the scale.
        batch_size: Patches per batch. While the images fit in memory, all
            are drawn from once before one is drawn from again.
        steps: Batches per epoch; each epoch draws anew.
        seed: Seeds the order and the patches.

    Returns:
        Dataset of pairs of float32 tensors in 0..255, of shapes
        `(batch, patch/scale, patch/scale, 3)` and `(batch, patch, patch, 3)`.
    """
    scale = mapping.scale
    files = _files(sizes, low)
    pixels = sum(height * width for height, width in sizes.values())
    if pixels <= _CACHED_PIXELS:
        pairs = _read(files, mapping).cache().shuffle(len(sizes), seed=seed)
        repeats = 1
    else:
        pairs = _read(files.shuffle(len(sizes), seed=seed), mapping)
        repeats = _PATCHES_PER_READING
    randoms = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)

    def cut(pair: Pair, number: tf.Tensor) -> Pair:
        low_image, high_image = pair
        low_patch, high_patch = random_patch(
            low_image, high_image, scale, patch_size, number
        )
        if mapping.blind:
            low_patch = _degrade(mapping, high_patch, number)
        return low_patch, high_patch

    # As many rounds as an epoch begins and not one more: a round that is read
    # ahead or not, by chance, would change the order of the next epoch.
    patches_per_round = len(sizes) * repeats
    patches = pairs.repeat(-(-steps * batch_size // patches_per_round))
    if repeats > 1:
        patches = patches.flat_map(
            lambda *pair: tf.data.Dataset.from_tensors(pair).repeat(repeats)
        )
    patches = tf.data.Dataset.zip(patches, randoms).map(
        cut, num_parallel_calls=tf.data.AUTOTUNE
    )
    if repeats > 1:
        patches = patches.shuffle(_PATCHES_PER_READING * batch_size, seed=seed)
    return patches.batch(batch_size).take(steps).prefetch(tf.data.AUTOTUNE)


def make_validation_dataset(
    sizes: dict[Path, tuple[int, int]],
    low: dict[Path, Path],
    *,
    mapping: MappingNetwork,
    size: int,
    step: int,
    batch_size: int,
) -> tf.data.Dataset:
    """Makes the centres of images, the same ones each epoch.

    Args:
        sizes: High-resolution files, with their heights and widths in pixels.
        low: Their official low-resolution files, where there are any.
        mapping: Makes images of low resolution.
        size: Height and width of the high-resolution part, in pixels; if a
            image is smaller, its size is taken for all, and a note says so.
        step: What that size is a multiple of, in pixels, itself a multiple of
            the scale.
        batch_size: Images per batch; the last holds what is left.

    Returns:
        Dataset of pairs, as `make_training_dataset` gives.
    """
    scale = mapping.scale
    least = smallest_side(sizes.values()) // step * step
    if least < size:
        logger.info(
            f"validating on {least} pixels, the size of the smallest image"
        )
        size = least

    def centre(number: tf.Tensor, pair: Pair) -> Pair:
        low_image, high_image = pair
        part = size // scale
        top = (tf.shape(low_image)[0] - part) // 2
        left = (tf.shape(low_image)[1] - part) // 2
        low_part, high_part = _cut(
            low_image, high_image, top, left, part, scale
        )
        if mapping.blind:
            low_part = _degrade(mapping, high_part, number)
        return low_part, high_part

    pairs = _read(_files(sizes, low), mapping).enumerate()
    return pairs.map(centre).batch(batch_size).cache()


def random_patch(
    low_image: tf.Tensor,
    high_image: tf.Tensor,
    scale: int,
    patch_size: int,
    number: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cuts a matching pair of patches and turns and mirrors it.

    Args:
        low_image: uint8, shape `(height, width, 3)`.
        high_image: uint8, `scale` times as high and wide.
        scale: Ratio of the resolutions.
        patch_size: Size of the high-resolution patch, in pixels.
        number: int64 scalar that decides everything.

    Returns:
        Two float32 tensors, 0..255.
    """
    part = patch_size // scale
    room = tf.shape(low_image)[:2] - part + 1
    draws = tf.random.stateless_uniform([4], _seed(number))
    top, left = tf.unstack(
        tf.cast(draws[:2] * tf.cast(room, tf.float32), tf.int32)
    )
    pair = _cut(low_image, high_image, top, left, part, scale)
    turns = tf.cast(draws[2] * 4, tf.int32)
    mirrored = draws[3] < 0.5

    def turn(patch: tf.Tensor) -> tf.Tensor:
        shape = patch.shape
        patch = tf.image.rot90(patch, turns)
        patch = tf.where(mirrored, tf.reverse(patch, [1]), patch)
        return tf.ensure_shape(patch, shape)

    return turn(pair[0]), turn(pair[1])


def _files(paths: Iterable[Path], low: dict[Path, Path]) -> tf.data.Dataset:
    paths = list(paths)
    return tf.data.Dataset.from_tensor_slices(
        (
            [os.fsencode(low.get(path, "")) for path in paths],
            [os.fsencode(path) for path in paths],
        )
    )


def _read(files: tf.data.Dataset, mapping: MappingNetwork) -> tf.data.Dataset:
    """Reads pairs of whole images, cut to a multiple of the scale.

    A blind mapping degrades the patches: until then a image that is merely
    of the right size stands for the low-resolution one.
    """
    scale = mapping.scale

    def read(low_path: tf.Tensor, high_path: tf.Tensor) -> Pair:
        high = _decode(high_path)
        size = tf.shape(high)[:2] // scale * scale
        high = high[: size[0], : size[1]]
        if mapping.blind:
            return high[::scale, ::scale], high
        low = tf.cond(
            low_path == "",
            lambda: tf.ensure_shape(mapping(high), [None, None, 3]),
            lambda: _decode(low_path),
        )
        return low, high

    return files.map(read, num_parallel_calls=tf.data.AUTOTUNE)


def _decode(path: tf.Tensor) -> tf.Tensor:
    def read(name: bytes) -> np.ndarray:
        path = os.fsdecode(name)
        try:
            if is_sub_image(Path(path)):
                return read_sub_image(Path(path))
            return read_rgb(Path(path))
        except UnreadableImage as error:
            raise UnreadableImage(f"{path}: {error}") from error

    return tf.ensure_shape(
        tf.numpy_function(read, [path], tf.uint8), [None, None, 3]
    )


def _degrade(
    mapping: MappingNetwork, high: tf.Tensor, number: tf.Tensor
) -> tf.Tensor:
    return tf.cast(mapping(high, seed=_seed(number)), tf.float32)


def _seed(number: tf.Tensor) -> tf.Tensor:
    """Makes the two words of a stateless seed from a number of 64 bits."""
    return tf.bitcast(number, tf.int32)


def _cut(
    low_image: tf.Tensor,
    high_image: tf.Tensor,
    top: tf.Tensor,
    left: tf.Tensor,
    part: int,
    scale: int,
) -> tuple[tf.Tensor, tf.Tensor]:
    low = low_image[top : top + part, left : left + part]
    top, left, size = top * scale, left * scale, part * scale
    high = high_image[top : top + size, left : left + size]
    return (
        tf.cast(tf.ensure_shape(low, [part, part, 3]), tf.float32),
        tf.cast(tf.ensure_shape(high, [size, size, 3]), tf.float32),
    )
