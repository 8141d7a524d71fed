"""Image files to `tf.data` batches of LR and HR patches."""

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
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb

logger = logging.getLogger(__name__)

# Decoded images are cached in memory up to this many pixels (3 bytes each).
MAX_CACHED_PIXELS = 400_000_000
# Patches that are cut from an image each time it is read, if not cached.
PATCHES_PER_READ = 16

# LR and HR.
Pair = tuple[tf.Tensor, tf.Tensor]


def make_training_dataset(
    sizes: dict[Path, tuple[int, int]],
    lr_files: dict[Path, Path],
    *,
    mapping: MappingNetwork,
    patch_size: int,
    batch_size: int,
    steps: int,
    seed: int,
) -> tf.data.Dataset:
    """Builds an epoch of random patches, rotated and flipped at random.

    Args:
        sizes: HR files, none smaller than a patch, with their heights and
            widths in pixels.
        lr_files: HR file -> its official LR file, where there is one; the
            mapping network makes the others, and if it is random, all.
        mapping: Makes LR images.
        patch_size: Height and width of an HR patch, in pixels, a multiple of
            the scale.
        batch_size: Patches per batch. While the images fit in memory, all
            are drawn from once before one is drawn from again.
        steps: Batches per epoch; each epoch draws new patches.
        seed: Seeds the order and the patches.

    Returns:
        Dataset of pairs of float32 tensors in 0..255, of shapes
        `(batch, patch/scale, patch/scale, 3)` and `(batch, patch, patch, 3)`.
    """
    scale = mapping.scale
    files = _file_names(sizes, lr_files)
    pixels = sum(height * width for height, width in sizes.values())
    if pixels <= MAX_CACHED_PIXELS:
        pairs = _read_pairs(files, mapping).cache()
        pairs = pairs.shuffle(len(sizes), seed=seed)
        repeats = 1
    else:
        pairs = _read_pairs(files.shuffle(len(sizes), seed=seed), mapping)
        repeats = PATCHES_PER_READ
    randoms = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)

    def cut(pair: Pair, number: tf.Tensor) -> Pair:
        lr_patch, hr_patch = random_patch(*pair, scale, patch_size, number)
        if mapping.is_random:
            lr_patch = _degrade(mapping, hr_patch, number)
        return lr_patch, hr_patch

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
        patches = patches.shuffle(PATCHES_PER_READ * batch_size, seed=seed)
    return patches.batch(batch_size).take(steps).prefetch(tf.data.AUTOTUNE)


def make_validation_dataset(
    sizes: dict[Path, tuple[int, int]],
    lr_files: dict[Path, Path],
    *,
    mapping: MappingNetwork,
    size: int,
    multiple_of: int,
    batch_size: int,
) -> tf.data.Dataset:
    """Builds a dataset of the centers of images, the same ones each epoch.

    Args:
        sizes: HR files, with their heights and widths in pixels.
        lr_files: HR file -> its official LR file, where there is one.
        mapping: Makes LR images.
        size: Height and width of the HR crop, in pixels. If an image is
            smaller, its size is taken for all, and logged.
        multiple_of: What that size is a multiple of, in pixels, itself a
            multiple of the scale.
        batch_size: Images per batch; the last may hold fewer.

    Returns:
        Dataset of pairs, as of `make_training_dataset`.
    """
    scale = mapping.scale
    least = smallest_side(sizes.values()) // multiple_of * multiple_of
    if least < size:
        logger.info(
            f"validating on {least} pixels, the size of the smallest image"
        )
        size = least

    def center(number: tf.Tensor, pair: Pair) -> Pair:
        lr_image, hr_image = pair
        lr_size = size // scale
        top = (tf.shape(lr_image)[0] - lr_size) // 2
        left = (tf.shape(lr_image)[1] - lr_size) // 2
        lr_crop, hr_crop = _crop(lr_image, hr_image, top, left, lr_size, scale)
        if mapping.is_random:
            lr_crop = _degrade(mapping, hr_crop, number)
        return lr_crop, hr_crop

    pairs = _read_pairs(_file_names(sizes, lr_files), mapping).enumerate()
    return pairs.map(center).batch(batch_size).cache()


def random_patch(
    lr_image: tf.Tensor,
    hr_image: tf.Tensor,
    scale: int,
    patch_size: int,
    number: tf.Tensor,
) -> Pair:
    """Cuts a matching pair of patches, and rotates and flips both.

    Args:
        lr_image: uint8, shape `(height, width, 3)`.
        hr_image: uint8, `scale` times the height and width.
        scale: Ratio of the resolutions.
        patch_size: Height and width of the HR patch, in pixels.
        number: int64 scalar, the seed of all random choices.

    Returns:
        Two float32 tensors, 0..255.
    """
    lr_size = patch_size // scale
    room = tf.shape(lr_image)[:2] - lr_size + 1
    draws = tf.random.stateless_uniform([4], _seed(number))
    top, left = tf.unstack(
        tf.cast(draws[:2] * tf.cast(room, tf.float32), tf.int32)
    )
    pair = _crop(lr_image, hr_image, top, left, lr_size, scale)
    quarter_turns = tf.cast(draws[2] * 4, tf.int32)
    flipped = draws[3] < 0.5

    def augment(patch: tf.Tensor) -> tf.Tensor:
        shape = patch.shape
        patch = tf.image.rot90(patch, quarter_turns)
        patch = tf.where(flipped, tf.reverse(patch, [1]), patch)
        return tf.ensure_shape(patch, shape)

    return augment(pair[0]), augment(pair[1])


def _file_names(
    hr_files: Iterable[Path], lr_files: dict[Path, Path]
) -> tf.data.Dataset:
    paths = list(hr_files)
    return tf.data.Dataset.from_tensor_slices(
        (
            [os.fsencode(lr_files.get(path, "")) for path in paths],
            [os.fsencode(path) for path in paths],
        )
    )


def _read_pairs(
    files: tf.data.Dataset, mapping: MappingNetwork
) -> tf.data.Dataset:
    """Reads pairs of whole images, cropped to a multiple of the scale.

    A random mapping degrades the patches later: here a subsampled image, which
    only has the right size, takes the place of the LR image.
    """
    scale = mapping.scale

    def read(lr_path: tf.Tensor, hr_path: tf.Tensor) -> Pair:
        hr = _decode(hr_path)
        size = tf.shape(hr)[:2] // scale * scale
        hr = hr[: size[0], : size[1]]
        if mapping.is_random:
            return hr[::scale, ::scale], hr
        lr = tf.cond(
            lr_path == "",
            lambda: tf.ensure_shape(mapping(hr), [None, None, 3]),
            lambda: _decode(lr_path),
        )
        return lr, hr

    return files.map(read, num_parallel_calls=tf.data.AUTOTUNE)


def _decode(path: tf.Tensor) -> tf.Tensor:
    def read(name: bytes) -> np.ndarray:
        path = Path(os.fsdecode(name))
        try:
            if is_sub_image(path):
                return read_sub_image(path)
            return read_rgb(path)
        except UnreadableImage as error:
            raise UnreadableImage(f"{path}: {error}") from error

    return tf.ensure_shape(
        tf.numpy_function(read, [path], tf.uint8), [None, None, 3]
    )


def _degrade(
    mapping: MappingNetwork, hr: tf.Tensor, number: tf.Tensor
) -> tf.Tensor:
    return tf.cast(mapping(hr, seed=_seed(number)), tf.float32)


def _seed(number: tf.Tensor) -> tf.Tensor:
    """Makes a stateless seed of two int32 from an int64."""
    return tf.bitcast(number, tf.int32)


def _crop(
    lr_image: tf.Tensor,
    hr_image: tf.Tensor,
    top: tf.Tensor,
    left: tf.Tensor,
    lr_size: int,
    scale: int,
) -> Pair:
    """Cuts a square of the LR image, and the same square of the HR image."""
    lr = lr_image[top : top + lr_size, left : left + lr_size]
    top, left, hr_size = top * scale, left * scale, lr_size * scale
    hr = hr_image[top : top + hr_size, left : left + hr_size]
    return (
        tf.cast(tf.ensure_shape(lr, [lr_size, lr_size, 3]), tf.float32),
        tf.cast(tf.ensure_shape(hr, [hr_size, hr_size, 3]), tf.float32),
    )
