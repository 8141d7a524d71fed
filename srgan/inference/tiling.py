"""Splits a side of an image into overlapping windows of equal length."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class TileSpan:
    """One tile along one axis, in low-resolution pixels.

    Attributes:
        start: First input pixel of the network.
        stop: The one after the last input pixel.
        first: First pixel whose output is kept.
        last: The one after the last pixel whose output is kept.
    """

    start: int
    stop: int
    first: int
    last: int


def tile_spans(length: int, tile_size: int, margin: int) -> list[TileSpan]:
    """Computes tiles whose kept parts cover a side exactly once.

    Every window is `tile_size + 2 * margin` long, so that all tiles have the
    same shape; the last one is shifted back rather than shortened. The kept
    part is at least `margin` from the ends of its window, except at the ends
    of the image, to which it extends.

    Args:
        length: Pixels along the side.
        tile_size: Pixels kept of a window between two others.
        margin: Radius of the receptive field, in pixels.
    """
    window = tile_size + 2 * margin
    if length <= window:
        return [TileSpan(0, length, 0, length)]
    spans = [TileSpan(0, window, 0, window - margin)]
    while spans[-1].last < length:
        first = spans[-1].last
        start = min(first - margin, length - window)
        stop = start + window
        last = length if stop == length else stop - margin
        spans.append(TileSpan(start, stop, first, last))
    return spans


def choose_tile_size(
    height: int,
    width: int,
    margin: int,
    alignment: int,
    max_pixels: int,
    max_rows: int,
) -> tuple[int, int] | None:
    """Chooses the tiles of an image whose overlaps cost least.

    Args:
        height: Height of the image, a multiple of `alignment`.
        width: Its width, likewise.
        margin: Radius of the receptive field, a multiple of `alignment`.
        alignment: Tiles begin and end at multiples of this.
        max_pixels: Most pixels of a tile, with its overlap.
        max_rows: Most rows of a tile, without it.

    Returns:
        Rows and columns of a tile without the overlap, for `tile_spans`;
        `None` if even the smallest tile is too large.
    """
    best, least = None, float("inf")
    for count in range(1, width // alignment + 1):
        columns, tile_width = _equal_parts(width, count, margin, alignment)
        tile_height = max_pixels // tile_width
        whole = tile_height >= height
        kept = min(height if whole else tile_height - 2 * margin, max_rows)
        kept = kept // alignment * alignment
        if kept < alignment:
            continue
        rows, tile_height = _equal_parts(
            height, -(-height // kept), margin, alignment
        )
        work = (
            len(tile_spans(height, rows, margin)) * tile_height
            * len(tile_spans(width, columns, margin)) * tile_width
        )  # fmt: skip
        if work >= least:
            break
        best, least = (rows, columns), work
    return best


def _equal_parts(
    length: int, count: int, margin: int, alignment: int
) -> tuple[int, int]:
    """Returns the size of each of `count` parts, and that of its window."""
    size = -(-length // (count * alignment)) * alignment
    return size, min(size + 2 * margin, length)
