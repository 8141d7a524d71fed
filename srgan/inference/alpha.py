"""Transparency: what is upscaled of hidden colors, and the range of alpha.

Alpha bleeding fills the colors of transparent pixels before upscaling.

Editors store any color under full transparency, often black or white. An
upscaler mixes neighboring pixels, so that this color would appear as a fringe.
Here the visible colors are extended outwards instead. The usual alternative,
multiplying the colors by alpha and dividing afterwards, makes the network
upscale two edges that do not agree exactly; their quotient is a fringe again.

Alpha itself is upscaled as gray. A network overshoots beside an edge and
leaves a residue in flat areas, which would be a faint veil around a cut-out
image; so its result is clipped to the range of the input's nearest pixels.
"""

from __future__ import annotations

import numpy as np

# How far colors are extended, in pixels: as far as the weights of an SR model
# matter in practice; its receptive field is larger.
BLEED_RADIUS = 16
_MIDDLE_GRAY = 127.5
_NEIGHBORS = [(y, x) for y in (0, 1, 2) for x in (0, 1, 2) if (y, x) != (1, 1)]


def bleed_colors(colors: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Replaces the colors of invisible pixels by visible ones nearby.

    In each of `BLEED_RADIUS` iterations, invisible pixels next to known ones
    get the mean of these. The remaining pixels become middle gray. The new
    color of a pixel depends on no pixel farther than `BLEED_RADIUS`.

    Args:
        colors: float32 array of shape `(height, width, channels)`, 0..255.
        visible: bool array of shape `(height, width)`.

    Returns:
        A new array like `colors`; visible pixels keep their colors.
    """
    if visible.all():
        return colors
    colors = np.where(visible[..., None], colors, np.float32(0))
    known = visible[..., None].astype(np.float32)
    for _ in range(BLEED_RADIUS):
        total, count = _sum_of_neighbors(colors), _sum_of_neighbors(known)
        reached = (known == 0) & (count > 0)
        if not reached.any():
            break
        mean = total / np.maximum(count, 1)
        colors = np.where(reached, mean, colors)
        known[reached] = 1
    return np.where(known > 0, colors, np.float32(_MIDDLE_GRAY))


def clip_to_local_range(
    upscaled: np.ndarray,
    alpha: np.ndarray,
    scale: int,
    first: tuple[float, float] = (0, 0),
) -> np.ndarray:
    """Clips upscaled alpha to the range of the nearest pixels of the input.

    These are the up to 2 x 2 pixels that bilinear interpolation mixes. Where
    they are all 0, or all opaque, so is the result.

    Args:
        upscaled: Array of shape `(height, width, 1)`.
        alpha: Input of shape `(rows, columns, 1)`, in the same range.
        scale: Upscaling factor.
        first: Row and column of the input at which `upscaled` begins;
            fractions of a pixel of the input where it is between two.

    Returns:
        A new array like `upscaled`.
    """
    low = high = alpha
    for axis in (0, 1):
        size = upscaled.shape[axis]
        position = (np.arange(size) + 0.5) / scale - 0.5 + first[axis]
        pairs = [
            np.clip(side(position).astype(int), 0, alpha.shape[axis] - 1)
            for side in (np.floor, np.ceil)
        ]
        low = np.minimum(*(low.take(index, axis) for index in pairs))
        high = np.maximum(*(high.take(index, axis) for index in pairs))
    return np.clip(upscaled, low, high)


def _sum_of_neighbors(values: np.ndarray) -> np.ndarray:
    height, width = values.shape[:2]
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    total = np.zeros_like(values)
    for y, x in _NEIGHBORS:
        total += padded[y : y + height, x : x + width]
    return total
