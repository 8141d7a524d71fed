"""A table of artifacts: noise of a flat field, lattice and tint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gancore.io.tables import Row
from srgan.evaluation.degraded import (
    degraded_lr,
    flat_field_noise,
    lattice_peak,
    tint,
)
from srgan.evaluation.methods import Method
from srgan.evaluation.test_sets import read_hr

ARTIFACT_DIGITS = {"flat noise": 2, "lattice": 1, "tint": 0}
ARTIFACT_LEGEND = (
    "flat noise: standard deviation of the upscaled image of flat gray 128 "
    "with noise of sigma 10. lattice: amplitude at the pitch of the input's "
    "pixels, as a multiple of that around it. tint: largest difference of two "
    "channels where the input is gray. Lattice and tint are of the first "
    "images with noise10_jpeg75."
)
# Images of the lattice and the tint.
_IMAGES = 5


def artifact_rows(
    methods: Mapping[str, Method], hr_files: Sequence[Path], scale: int
) -> list[Row]:
    """Measures the artifacts of each method.

    Args:
        methods: Methods by name.
        hr_files: HR images, of which the first few are taken.
        scale: The upscaling factor.

    Returns:
        A row per method.
    """
    lr_images = []
    for path in hr_files[:_IMAGES]:
        hr = read_hr(path, scale)
        lr = degraded_lr(hr, scale, "noise10_jpeg75", path.name)
        lr_images.append(np.broadcast_to(lr, (*lr.shape[:2], 3)))
    rows: list[Row] = []
    for name, method in methods.items():
        upscaled = [method(lr) for lr in lr_images]
        gray = [method(_gray(lr)) for lr in lr_images]
        rows.append(
            {
                "model": name,
                "flat noise": flat_field_noise(method),
                "lattice": lattice_peak(upscaled, scale),
                "tint": max(map(tint, gray)),
            }
        )
    return rows


def _gray(lr: np.ndarray) -> np.ndarray:
    """Returns the image's rounded mean in three equal channels."""
    mean = np.round(lr.mean(axis=-1, keepdims=True)).astype(np.uint8)
    return np.repeat(mean, 3, axis=-1)
