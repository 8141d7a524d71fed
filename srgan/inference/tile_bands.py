"""Upscales an image of any channels in overlapping tiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gancore.errors import InvalidInput
from gancore.sizes import format_size
from srgan.inference.alpha import clip_to_local_range
from srgan.inference.levels import (
    WITH_ALPHA,
    alpha_levels,
    color_levels,
    from_levels,
)
from srgan.inference.tile_network import TileNetwork
from srgan.inference.tiling import TileSpan, choose_tile_size, tile_spans

# Part of the memory that is left for the output of a band of tiles.
_OUTPUT_SHARE = 4

Spans = tuple[list[TileSpan], list[TileSpan]]


def square_spans(
    network: TileNetwork, shape: tuple[int, ...], tile_size: int
) -> Spans:
    """Computes the rows and columns of square tiles.

    Args:
        network: Network that upscales them.
        shape: Height, width and channels of the image.
        tile_size: Side of a tile without the overlap, in pixels.

    Returns:
        The spans of rows and of columns.
    """
    margin, alignment = network.margin, network.alignment
    size = max(tile_size // alignment, 1) * alignment
    if margin is None:
        size, margin = max(shape[:2]), 0
    rows, columns = (tile_spans(side, size, margin) for side in shape[:2])
    return rows, columns


def budget_spans(
    network: TileNetwork,
    shape: tuple[int, ...],
    memory: int,
    pixel_bytes: int,
) -> Spans:
    """Computes the tiles with the least overlap that fit the memory.

    Args:
        network: Network that upscales them.
        shape: Height, width and channels of the image.
        memory: Bytes that a tile and the output of a band may take.
        pixel_bytes: Bytes of a pixel of the image.

    Returns:
        The spans of rows and of columns.

    Raises:
        InvalidInput: If the smallest tile takes more.
    """
    height, width = shape[:2]
    margin, alignment = network.margin, network.alignment
    if margin is None:
        return square_spans(network, shape, 1)
    output = memory // _OUTPUT_SHARE
    row_bytes = width * network.scale**2 * pixel_bytes
    tile_bytes = network.bytes_per_pixel()
    chosen = choose_tile_size(
        height,
        width,
        margin,
        alignment,
        max_pixels=(memory - output) // tile_bytes,
        # The first band is higher than the others by a margin.
        max_rows=output // row_bytes - margin,
    )
    if chosen is None:
        sides = [min(side, 2 * margin + alignment) for side in (width, height)]
        tile = sides[0] * sides[1] * tile_bytes
        needed = max(
            math.ceil(tile * _OUTPUT_SHARE / (_OUTPUT_SHARE - 1)),
            min(margin + alignment, height) * row_bytes * _OUTPUT_SHARE,
        )
        raise InvalidInput(
            f"a memory of {format_size(memory)} is too small for a tile of "
            f"{sides[0]} x {sides[1]} pixels, the smallest for this model; "
            f"give it about {format_size(needed)}"
        )
    return (
        tile_spans(height, chosen[0], margin),
        tile_spans(width, chosen[1], margin),
    )


def tile_bands(
    network: TileNetwork,
    image: np.ndarray,
    spans: Spans,
    keep_alpha: bool,
    on_tile: Callable[[int], Any] | None = None,
) -> Iterator[np.ndarray]:
    """Upscales an image in tiles.

    Args:
        network: Network that upscales them.
        image: As for `TiledUpscaler.bands`.
        spans: Rows and columns of the tiles.
        keep_alpha: Whether its alpha is the same everywhere.
        on_tile: Called after each tile with their number.

    Yields:
        As `TiledUpscaler.bands`: a band for each span of rows.
    """
    scale = network.scale
    for rows in spans[0]:
        size = ((rows.last - rows.first) * scale, image.shape[1] * scale)
        band = np.empty((*size, image.shape[-1]), image.dtype)
        for columns in spans[1]:
            kept = slice(columns.first * scale, columns.last * scale)
            band[:, kept] = _upscale_tile(
                network, image, rows, columns, keep_alpha
            )
            if on_tile:
                on_tile(len(spans[0]) * len(spans[1]))
        yield band


def _upscale_tile(
    network: TileNetwork,
    image: np.ndarray,
    rows: TileSpan,
    columns: TileSpan,
    keep_alpha: bool,
) -> np.ndarray:
    """Upscales all channels of a tile; returns the kept part."""
    window = slice(rows.start, rows.stop), slice(columns.start, columns.stop)
    kept = tuple(
        slice(
            (span.first - span.start) * network.scale,
            (span.last - span.start) * network.scale,
        )
        for span in (rows, columns)
    )
    colors = network.run(color_levels(image, *window), *window)[kept]
    upscaled = from_levels(colors, image.dtype)
    if image.shape[-1] not in WITH_ALPHA:
        return upscaled
    if keep_alpha:
        alpha = np.full_like(upscaled[..., :1], image[0, 0, -1])
    else:
        lr_alpha = alpha_levels(image, *window)
        levels = clip_to_local_range(
            network.run(lr_alpha, *window)[kept],
            lr_alpha,
            network.scale,
            (rows.first - rows.start, columns.first - columns.start),
        )
        alpha = from_levels(levels, image.dtype)
    return np.concatenate([upscaled, alpha], axis=-1)
