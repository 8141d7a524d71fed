"""What `ImageUpscaler.fit` needs: images of any kind to pairs of patches."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from gancore.errors import first_few
from srgan.data.dataset import (
    PATCHES_PER_READ,
    make_training_dataset,
    make_validation_dataset,
    random_patch,
)
from srgan.data.mapping_network import MappingNetwork
from srgan.data.sources import find_hr_images, smallest_side
from srgan.image_io.errors import UnreadableImage
from srgan.image_io.files import read_rgb

logger = logging.getLogger(__name__)

# A folder, paths, arrays, or a dataset of HR images or of pairs.
Images: TypeAlias = Iterable[Any] | str | Path


def pairs_of(
    images: Images,
    validation_data: Images | None,
    *,
    mapping: MappingNetwork,
    patch_size: int,
    batch_size: int,
    steps: int | None,
    validation_split: float,
    seed: int,
) -> tuple[tf.data.Dataset, tf.data.Dataset | None]:
    """Builds training and validation batches of LR and HR images.

    Args:
        images: HR images: a folder, paths, or uint8 arrays of shape
            `(height, width, 3)`; or a `tf.data.Dataset` of such arrays. A
            dataset of pairs of LR and HR batches is used as it is.
        validation_data: HR images or pairs to validate on, if separate.
        mapping: Makes LR images.
        patch_size: Largest height and width of HR patches, in pixels.
        batch_size: Patches per batch.
        steps: Batches per epoch; `None` for 16 patches of each image.
        validation_split: Share of the images, the last ones, to validate on.
        seed: Seeds the patches.

    Returns:
        Two datasets, the second `None` without validation.

    Raises:
        ValueError: If there is no usable image, or an argument is invalid.
    """
    if not 0 <= validation_split < 1:
        raise ValueError(
            f"validation_split is {validation_split}, not in [0, 1)"
        )
    if _is_pairs(images):
        if validation_split:
            raise ValueError(
                "validation_split does not split a dataset of pairs; pass "
                "validation_data"
            )
        train: Any = images
    else:
        found = _read_all(images, mapping.scale)
        if validation_split and validation_data is None:
            first = int(len(found) * (1 - validation_split))
            found, validation_data = found[:first], found[first:]
        if not found:
            raise ValueError("no image is left to train on")
        patch = _patch_size(found, patch_size, mapping.scale)
        steps = steps or math.ceil(len(found) * PATCHES_PER_READ / batch_size)
        train = _training(found, mapping, patch, batch_size, steps, seed)
        if mapping.is_random and not isinstance(found[0], Path):
            raise ValueError(
                "arrays are downscaled clean; expected a folder or paths of "
                f"images for degradation={mapping.degradation!r}"
            )
    if validation_data is None:
        return train, None
    if _is_pairs(validation_data):
        return train, validation_data
    valid = _read_all(validation_data, mapping.scale)
    patch = _patch_size(valid, patch_size, mapping.scale)
    return train, _validation(valid, mapping, patch, batch_size)


def _is_pairs(images: Any) -> bool:
    return isinstance(images, tf.data.Dataset) and isinstance(
        images.element_spec, tuple
    )


def _read_all(images: Images, scale: int) -> list[Path] | list[np.ndarray]:
    """Returns all images as paths of readable files, or as RGB arrays."""
    if isinstance(images, str | Path):
        folder = Path(images)
        if not folder.is_dir():
            raise ValueError(f"there is no folder of images {folder}")
        images = find_hr_images(folder)
    elements = list(images)
    if elements and all(isinstance(e, str | Path) for e in elements):
        return _readable([Path(e) for e in elements], 4 * scale)
    arrays = [image for e in elements for image in _arrays(e)]
    if not arrays:
        raise ValueError("there is no image; expected at least one")
    return arrays


def _readable(paths: Sequence[Path], min_size: int) -> list[Path]:
    kept, skipped = [], []
    for path in paths:
        try:
            read_rgb(path, min_size)
            kept.append(path)
        except UnreadableImage as error:
            skipped.append(f"{path.name!r} ({error})")
    if skipped:
        logger.warning(f"left out {len(skipped)} images: {first_few(skipped)}")
    if not kept:
        raise ValueError(
            f"none of {len(paths)} images can be read and has at least "
            f"{min_size} x {min_size} pixels"
        )
    return kept


def _arrays(element: Any) -> Iterator[np.ndarray]:
    """Yields the images of an array, a batch of them or a Pillow image."""
    pixels = np.asarray(element)
    for image in pixels if pixels.ndim == 4 else [pixels]:
        if image.ndim != 3 or image.shape[-1] != 3:
            raise ValueError(
                f"an image has shape {image.shape}; expected RGB of shape "
                "(height, width, 3)"
            )
        levels = np.clip(np.rint(image.astype("float32")), 0, 255)
        yield levels.astype("uint8")


def _size(image: Path | np.ndarray) -> tuple[int, int]:
    pixels = read_rgb(image) if isinstance(image, Path) else image
    return pixels.shape[0], pixels.shape[1]


def _patch_size(images: Sequence[Any], largest: int, scale: int) -> int:
    side = min(largest, smallest_side(map(_size, images)))
    size = side // scale * scale
    # The networks need 3 pixels.
    if size < 3 * scale:
        raise ValueError(
            f"the patches would have {size} pixels along a side; expected "
            f"images and a patch_size of at least {3 * scale}"
        )
    return size


def _training(
    images: Sequence[Any],
    mapping: MappingNetwork,
    patch: int,
    batch_size: int,
    steps: int,
    seed: int,
) -> tf.data.Dataset:
    if isinstance(images[0], Path):
        return make_training_dataset(
            {path: _size(path) for path in images},
            {},
            mapping=mapping,
            patch_size=patch,
            batch_size=batch_size,
            steps=steps,
            seed=seed,
        )
    randoms = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    pairs = _pairs(images, mapping).cache().shuffle(len(images), seed=seed)
    return (
        tf.data.Dataset.zip(pairs.repeat(), randoms)
        .map(
            lambda pair, number: random_patch(
                pair[0], pair[1], mapping.scale, patch, number
            )
        )
        .batch(batch_size)
        .take(steps)
        .prefetch(tf.data.AUTOTUNE)
    )


def _validation(
    images: Sequence[Any], mapping: MappingNetwork, patch: int, batch_size: int
) -> tf.data.Dataset:
    if isinstance(images[0], Path):
        return make_validation_dataset(
            {path: _size(path) for path in images},
            {},
            mapping=mapping,
            size=patch,
            multiple_of=mapping.scale,
            batch_size=batch_size,
        )
    centers = []
    for image in images:
        top, left = ((side - patch) // 2 for side in image.shape[:2])
        centers.append(image[top : top + patch, left : left + patch])
    pairs = _pairs(centers, mapping).map(
        lambda lr, hr: (tf.cast(lr, tf.float32), tf.cast(hr, tf.float32))
    )
    return pairs.batch(batch_size).cache()


def _pairs(
    images: Sequence[np.ndarray], mapping: MappingNetwork
) -> tf.data.Dataset:
    """Pairs whole images, cropped to a multiple of the scale, with LR ones."""
    scale = mapping.scale

    def cropped() -> Iterator[np.ndarray]:
        for image in images:
            height, width = (side // scale * scale for side in image.shape[:2])
            yield image[:height, :width]

    signature = tf.TensorSpec((None, None, 3), tf.uint8)
    hr_images = tf.data.Dataset.from_generator(
        cropped, output_signature=signature
    ).apply(tf.data.experimental.assert_cardinality(len(images)))
    return hr_images.map(
        lambda hr: (tf.ensure_shape(mapping(hr), [None, None, 3]), hr)
    )
