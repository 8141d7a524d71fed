"""An unbounded map of noise, computed in windows, for tiled inference."""

from __future__ import annotations

import numpy as np

# Side of the blocks that are drawn at once, in pixels.
_BLOCK = 64


def noise_window(
    rows: slice, columns: slice, channels: int, seed: int
) -> np.ndarray:
    """Returns a window of an unbounded map of standard normal noise.

    The noise of a pixel depends only on the seed and its coordinates, so that
    overlapping tiles agree.

    Args:
        rows: First row and the one after the last, in pixels.
        columns: First column and the one after the last.
        channels: Values per pixel.
        seed: Seed of the map.

    Returns:
        float32 array of shape `(rows, columns, channels)`.
    """
    size = (rows.stop - rows.start, columns.stop - columns.start)
    window = np.empty((*size, channels), np.float32)
    for y in range(rows.start // _BLOCK, -(-rows.stop // _BLOCK)):
        for x in range(columns.start // _BLOCK, -(-columns.stop // _BLOCK)):
            block = _block(y, x, channels, seed)
            window_rows, block_rows = _overlap(rows, y)
            window_columns, block_columns = _overlap(columns, x)
            window[window_rows, window_columns] = block[
                block_rows, block_columns
            ]
    return window


def _block(y: int, x: int, channels: int, seed: int) -> np.ndarray:
    random = np.random.default_rng([seed, y, x])
    return random.standard_normal((_BLOCK, _BLOCK, channels), np.float32)


def _overlap(window: slice, index: int) -> tuple[slice, slice]:
    """Returns the overlap of a window and a block, relative to each."""
    block = index * _BLOCK
    start = max(window.start, block)
    stop = min(window.stop, block + _BLOCK)
    return (
        slice(start - window.start, stop - window.start),
        slice(start - block, stop - block),
    )
