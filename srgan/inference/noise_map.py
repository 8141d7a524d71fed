"""A map of noise as large as any image, made where it is looked at."""

from __future__ import annotations

import numpy as np

# Side of the squares that are drawn at once, in pixels.
_BLOCK = 64


def noise_window(
    rows: slice, columns: slice, channels: int, seed: int
) -> np.ndarray:
    """Gives a part of an endless map of standard normal noise.

    A pixel's noise depends on the seed and its place only, so that
    overlapping tiles agree.

    Args:
        rows: First row and the one behind the last, in pixels.
        columns: First column and the one behind the last.
        channels: Values per pixel.
        seed: Which map.

    Returns:
        float32 array of shape `(rows, columns, channels)`.
    """
    size = (rows.stop - rows.start, columns.stop - columns.start)
    window = np.empty((*size, channels), np.float32)
    for down in range(rows.start // _BLOCK, -(-rows.stop // _BLOCK)):
        for across in range(
            columns.start // _BLOCK, -(-columns.stop // _BLOCK)
        ):
            block = _block(down, across, channels, seed)
            into_rows, from_rows = _overlap(rows, down)
            into_columns, from_columns = _overlap(columns, across)
            window[into_rows, into_columns] = block[from_rows, from_columns]
    return window


def _block(down: int, across: int, channels: int, seed: int) -> np.ndarray:
    random = np.random.default_rng([seed, down, across])
    return random.standard_normal((_BLOCK, _BLOCK, channels), np.float32)


def _overlap(window: slice, number: int) -> tuple[slice, slice]:
    """Gives where a block lies in the window, and what of it that is."""
    block = number * _BLOCK
    start = max(window.start, block)
    stop = min(window.stop, block + _BLOCK)
    return (
        slice(start - window.start, stop - window.start),
        slice(start - block, stop - block),
    )
