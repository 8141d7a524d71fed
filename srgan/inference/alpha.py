"""What colour an invisible pixel should have before it is upscaled.

An editor leaves any colour under full transparency, often black or white. An
upscaling mixes neighbours, so that colour would show as a fringe. Here the
visible colours are spread outwards instead. The usual alternative, to multiply
the colours by alpha and divide afterwards, makes the network upscale two edges
that do not quite agree, and their quotient is a fringe again.
"""

from __future__ import annotations

import numpy as np

# How far colours are spread, in pixels: enough for what the weights of an
# SR model let through; how far they could look at most is farther.
SPREAD = 16
_MIDDLE = 127.5
_NEIGHBOURS = [(y, x) for y in (0, 1, 2) for x in (0, 1, 2) if (y, x) != (1, 1)]


def spread_colours(colours: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Replaces the colours of invisible pixels by those seen nearby.

    Step by step an invisible pixel beside known ones gets their mean. What
    is left after `SPREAD` steps becomes middle grey. A pixel's new colour
    depends on at most that many pixels around it.

    Args:
        colours: float32 array of shape `(height, width, channels)`, 0..255.
        visible: bool array of shape `(height, width)`.

    Returns:
        A new array like `colours`; visible pixels keep their colours.
    """
    if visible.all():
        return colours
    colours = np.where(visible[..., None], colours, np.float32(0))
    known = visible[..., None].astype(np.float32)
    for _ in range(SPREAD):
        total, count = _sum_of_neighbours(colours), _sum_of_neighbours(known)
        reached = (known == 0) & (count > 0)
        if not reached.any():
            break
        mean = total / np.maximum(count, 1)
        colours = np.where(reached, mean, colours)
        known[reached] = 1
    return np.where(known > 0, colours, np.float32(_MIDDLE))


def _sum_of_neighbours(values: np.ndarray) -> np.ndarray:
    height, width = values.shape[:2]
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    total = np.zeros_like(values)
    for y, x in _NEIGHBOURS:
        total += padded[y : y + height, x : x + width]
    return total
