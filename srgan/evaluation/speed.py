"""How fast methods are, measured so that a busy machine is fair."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import numpy as np

from srgan.evaluation.methods import Method


def measure_speed(
    methods: Mapping[str, Method], low: np.ndarray, repeats: int
) -> dict[str, float]:
    """Times methods on one image, in turns: A B C, A B C, ...

    Whatever else the machine does then slows all of them alike, and the
    median leaves out what only one of them met.

    Args:
        methods: By name.
        low: uint8 image, shape `(height, width, channels)`.
        repeats: Timed turns, from 1; one more before them is not timed.

    Returns:
        Megapixels of output in a second, by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    pixels = {}
    for name, method in methods.items():
        height, width = method(low).shape[:2]
        pixels[name] = height * width
    for _ in range(repeats):
        for name, method in methods.items():
            start = time.perf_counter()
            method(low)
            seconds[name].append(time.perf_counter() - start)
    return {
        name: pixels[name] / statistics.median(times) / 1e6
        for name, times in seconds.items()
    }
