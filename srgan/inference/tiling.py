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
