"""Cuts a side of a image into overlapping windows of one length."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class TileSpan:
    """One window along one axis, in low-resolution pixels.

    Attributes:
        start: First pixel that the network is shown.
        stop: The one behind its last.
        first: First pixel whose upscaling is kept.
        last: The one behind the last kept.
    """

    start: int
    stop: int
    first: int
    last: int


def tile_spans(length: int, tile: int, margin: int) -> list[TileSpan]:
    """Plans windows whose kept parts cover a side without gap or overlap.

    Every window is `tile + 2 * margin` long, so that all tiles have one
    shape; the last is moved back rather than shortened. What is kept of a
    window is at least `margin` from its ends, but at the image's own ends
    it reaches to them, as it does without tiles.

    Args:
        length: Pixels along the side.
        tile: Pixels kept of a window between two others.
        margin: How far an output pixel looks.
    """
    window = tile + 2 * margin
    if length <= window:
        return [TileSpan(0, length, 0, length)]
    plan = [TileSpan(0, window, 0, window - margin)]
    while plan[-1].last < length:
        first = plan[-1].last
        start = min(first - margin, length - window)
        stop = start + window
        last = length if stop == length else stop - margin
        plan.append(TileSpan(start, stop, first, last))
    return plan
