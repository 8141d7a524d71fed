"""Speed of methods, measured in alternating rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import numpy as np

from srgan.evaluation.methods import Method


def measure_speed(
    methods: Mapping[str, Method], lr: np.ndarray, repeats: int
) -> dict[str, float]:
    """Times methods on one image in alternating rounds: A B C, A B C, ...

    Other load of the machine then slows all methods alike, and the median
    discards outliers.

    Args:
        methods: Methods by name.
        lr: uint8 image, shape `(height, width, channels)`.
        repeats: Timed rounds, from 1, after one that is not timed.

    Returns:
        Name -> output megapixels per second.
    """
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    pixels = {}
    for name, method in methods.items():
        height, width = method(lr).shape[:2]
        pixels[name] = height * width
    for _ in range(repeats):
        for name, method in methods.items():
            start = time.perf_counter()
            method(lr)
            seconds[name].append(time.perf_counter() - start)
    return {
        name: pixels[name] / statistics.median(times) / 1e6
        for name, times in seconds.items()
    }
