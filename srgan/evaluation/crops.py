"""Which parts of which images show best what tells methods apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from srgan.evaluation.evaluator import Evaluation, Score, downscale
from srgan.evaluation.methods import BICUBIC, Method
from srgan.evaluation.test_sets import read_original
from srgan.metrics.psnr_ssim import luma

# Images of each test set, and the size of a crop in pixels.
_IMAGES = 2
_SIZE = 96


@dataclasses.dataclass(frozen=True)
class Crop:
    """A square part of a image, in pixels from the top left."""

    top: int
    left: int
    size: int

    def of(self, image: np.ndarray) -> np.ndarray:
        rows = slice(self.top, self.top + self.size)
        return image[rows, self.left : self.left + self.size]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A image and what is to be shown of it.

    Attributes:
        title: Name of the image.
        original: uint8, shape `(height, width, 3)` or 1 channel.
        crop: The part to show large.
        upscaled: Name -> image like the original, and its score.
    """

    title: str
    original: np.ndarray
    crop: Crop
    upscaled: dict[str, tuple[np.ndarray, Score]]


def most_different_crop(
    high: np.ndarray, original: np.ndarray, size: int
) -> tuple[Crop, float]:
    """Finds the crop where an upscaling is furthest from the original.

    Args:
        high: uint8, shape `(height, width, 3)` or 1 channel.
        original: The same.
        size: Of the crop, in pixels; a smaller image is taken in its
            largest square.

    Returns:
        The crop, and its mean squared error on Y.
    """
    size = min(size, *original.shape[:2])
    error = np.square(np.asarray(luma(high)) - np.asarray(luma(original)))
    # The sum over any square is a difference of sums from the corner.
    sums = np.pad(error[..., 0].astype(np.float64), ((1, 0), (1, 0)))
    sums = sums.cumsum(axis=0).cumsum(axis=1)
    squares = (
        sums[size:, size:]
        - sums[:-size, size:]
        - sums[size:, :-size]
        + sums[:-size, :-size]
    )
    top, left = np.unravel_index(squares.argmax(), squares.shape)
    crop = Crop(int(top), int(left), size)
    return crop, float(squares.max() / size**2)


def choose_crops(
    methods: Mapping[str, Method],
    sets: Mapping[str, Mapping[str, Path]],
    evaluations: Mapping[tuple[str, str], Evaluation],
    scale: int,
) -> list[Comparison]:
    """Takes from each set the images on whose crop bicubic errs most.

    So the choice favours none of the networks.

    Args:
        methods: By name, bicubic among them.
        sets: As `find_sets` gives them, all files readable.
        evaluations: By the names of set and method.
        scale: By how much they upscale.
    """
    comparisons = []
    for set_name, originals in sets.items():
        found = []
        for image, path in originals.items():
            original = read_original(path, scale)
            bicubic = methods[BICUBIC](downscale(original, scale))
            crop, error = most_different_crop(bicubic, original, _SIZE)
            found.append((error, image, crop))
        for _, image, crop in sorted(found, reverse=True)[:_IMAGES]:
            original = read_original(originals[image], scale)
            low = downscale(original, scale)
            upscaled = {
                name: (
                    method(low),
                    evaluations[set_name, name].scores[image],
                )
                for name, method in methods.items()
            }
            title = f"{set_name}: {image}"
            comparisons.append(Comparison(title, original, crop, upscaled))
    return comparisons
