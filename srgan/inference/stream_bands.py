"""Upscales an image of any channels as a stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from srgan.inference.alpha import clip_to_local_range
from srgan.inference.levels import (
    WITH_ALPHA,
    alpha_levels,
    color_levels,
    from_levels,
)
from srgan.inference.tile_network import TileNetwork

# Pixels of a band, so that most of its tensors stay in the processor's cache.
_BAND_PIXELS = 2**14
# Rows of it if they fit the memory, so that little is copied beside them.
_BAND_ROWS = 8


def stream_spans(
    network: TileNetwork, shape: tuple[int, ...], memory: int
) -> list[slice]:
    """Computes the rows of each band.

    Args:
        network: Network that upscales them.
        shape: Height, width and channels of the image.
        memory: Bytes that the tensors may take.

    Returns:
        Rows from top to bottom; none if the network takes no bands, or they
        take more memory.
    """
    height, width, channels = shape
    if not network.streamed:
        return []
    planes = 2 if channels in WITH_ALPHA else 1
    rows = network.streamed.rows_within(
        memory // (planes * width), max(_BAND_PIXELS // width, _BAND_ROWS)
    )
    if not rows:
        return []
    first = max(rows, network.streamed.min_rows)
    stops = [*range(first, height, rows), height]
    return list(map(slice, [0, *stops], stops))


def stream_bands(
    network: TileNetwork,
    image: np.ndarray,
    spans: list[slice],
    keep_alpha: bool,
    on_tile: Callable[[int], Any] | None = None,
) -> Iterator[np.ndarray]:
    """Upscales an image in bands.

    Args:
        network: Network that upscales them.
        image: As for `TiledUpscaler.bands`.
        spans: Rows of the bands, as by `stream_spans`.
        keep_alpha: Whether its alpha is the same everywhere.
        on_tile: Called after each band with their number.

    Yields:
        As `TiledUpscaler.bands`.
    """
    height, width, channels = image.shape
    columns = slice(0, width)
    has_alpha = channels in WITH_ALPHA
    run_colors = network.stream(width)
    run_alpha = network.stream(width) if has_alpha and not keep_alpha else None
    done = 0
    for rows in spans:
        last = rows.stop == height
        colors = run_colors(color_levels(image, rows, columns), rows, last)
        parts = [from_levels(colors, image.dtype)]
        count = len(colors)
        if run_alpha:
            alpha = run_alpha(alpha_levels(image, rows, columns), rows, last)
            # The input rows nearest to those of the output.
            top = max(done // network.scale - 1, 0)
            near = slice(top, (done + count) // network.scale + 2)
            bounded = clip_to_local_range(
                alpha,
                alpha_levels(image, near, columns),
                network.scale,
                (done / network.scale - top, 0),
            )
            parts.append(from_levels(bounded, image.dtype))
        elif has_alpha:
            shape = (*colors.shape[:2], 1)
            parts.append(np.full(shape, image[0, 0, -1], image.dtype))
        done += count
        if on_tile:
            on_tile(len(spans))
        yield np.concatenate(parts, axis=-1) if has_alpha else parts[0]
