"""Chooses the images and crops that a benchmark's figure shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from srgan.evaluation.degraded import degraded_lr
from srgan.evaluation.evaluator import Evaluation, Score, downscale
from srgan.evaluation.methods import BICUBIC, Method
from srgan.evaluation.test_sets import read_hr
from srgan.metrics.psnr_ssim import luma

# Images per test set, and the side of a crop in pixels.
_IMAGES = 2
_SIZE = 96


@dataclasses.dataclass(frozen=True)
class Crop:
    """A square crop of an image, in pixels from the top left."""

    top: int
    left: int
    size: int

    def of(self, image: np.ndarray) -> np.ndarray:
        rows = slice(self.top, self.top + self.size)
        return image[rows, self.left : self.left + self.size]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One row of the figure.

    Attributes:
        title: Name of the image.
        hr: HR image, uint8, shape `(height, width, 3)` or 1 channel.
        crop: The part that is shown enlarged.
        upscaled: Method -> SR image of the same shape, and its score.
    """

    title: str
    hr: np.ndarray
    crop: Crop
    upscaled: dict[str, tuple[np.ndarray, Score]]


def max_error_crop(
    sr: np.ndarray, hr: np.ndarray, size: int
) -> tuple[Crop, float]:
    """Finds the crop with the largest squared error.

    Args:
        sr: SR image, uint8, shape `(height, width, 3)` or 1 channel.
        hr: HR image of the same shape.
        size: Side of the crop, in pixels, at most that of the image.

    Returns:
        The crop, and its mean squared error on Y.
    """
    size = min(size, *hr.shape[:2])
    error = np.square(np.asarray(luma(sr)) - np.asarray(luma(hr)))
    # Integral image: the sum over any square is a difference of four sums.
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
    degradation: str | None = None,
) -> list[Comparison]:
    """Chooses from each set the images with the largest bicubic error.

    The choice depends on bicubic alone, so that it favors none of the models.

    Args:
        methods: Methods by name, bicubic among them.
        sets: As returned by `find_sets`, all files readable.
        evaluations: (set, method) -> its scores.
        scale: The upscaling factor.
        degradation: Degradation of the LR images, as for `score_set`.

    Returns:
        The rows of the figure.
    """

    def lr_of(hr: np.ndarray, image: str) -> np.ndarray:
        if degradation:
            return degraded_lr(hr, scale, degradation, image)
        return downscale(hr, scale)

    comparisons = []
    for set_name, hr_files in sets.items():
        title = f"{set_name} {degradation}" if degradation else set_name
        found = []
        for image, path in hr_files.items():
            hr = read_hr(path, scale)
            bicubic = methods[BICUBIC](lr_of(hr, image))
            crop, error = max_error_crop(bicubic, hr, _SIZE)
            found.append((error, image, crop))
        for _, image, crop in sorted(found, reverse=True)[:_IMAGES]:
            hr = read_hr(hr_files[image], scale)
            lr = lr_of(hr, image)
            upscaled = {
                name: (
                    method(lr),
                    evaluations[title, name].scores[image],
                )
                for name, method in methods.items()
            }
            comparisons.append(
                Comparison(f"{title}: {image}", hr, crop, upscaled)
            )
    return comparisons
