"""Keeps the mean of every area where a network changes it.

Of noise a network can make what is darker or brighter than the noise was,
mostly near black and white. The difference of the downscaled output and the
input, smoothed, is that change; it is subtracted (back-projection), so that
detail stays. Differences below half an 8-bit level are left alone: clean images
are not touched.

Reference:
    - Irani & Peleg 1991, "Improving resolution by image registration"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from srgan.inference.levels import (
    WITH_ALPHA,
    color_levels,
    from_levels,
    to_levels,
)

# Two boxes of 9 x 9 input pixels, and linear interpolation between their means.
_RADIUS = 4
REACH = 2 * _RADIUS + 1
# Gray levels of a change that is not corrected, and that wholly is.
_IGNORED, _CORRECTED = 0.25, 0.5
# A change beyond is meant, such as that of a network that brightens.
_MEANT, _NOT_MEANT = 8.0, 4.0


def keep_local_mean(
    bands: Iterable[np.ndarray], image: np.ndarray, scale: int
) -> Iterator[np.ndarray]:
    """Corrects the local means of an upscaled image.

    Args:
        bands: Bands of rows of the upscaled image from top to bottom.
        image: The input: uint8, uint16, or float32 in 0..255, of shape
            `(height, width, channels)`. Alpha is not corrected.
        scale: Upscaling factor.

    Yields:
        Bands of the corrected image, of the same type.
    """
    height = len(image)
    pending: list[np.ndarray] = []
    # Changes of the input rows from `first` on; those before `done` are out.
    changes: np.ndarray | None = None
    first = done = known = 0
    for band in bands:
        pending.append(band)
        rows = sum(map(len, pending)) // scale + done
        if rows == known:
            continue
        upscaled = np.concatenate(pending)
        start, stop = (known - done) * scale, (rows - done) * scale
        new = _changes(upscaled[start:stop], image, slice(known, rows), scale)
        changes = new if changes is None else np.concatenate([changes, new])
        known = rows
        ready = height if known == height else max(known - REACH, done)
        if ready > done:
            low, high = max(done - REACH, 0), min(ready + REACH, height)
            smooth = _smooth(changes[low - first : high - first])
            count = (ready - done) * scale
            yield _subtract(upscaled[:count], smooth, done - low, scale)
            upscaled = upscaled[count:]
            done = ready
            drop = max(done - REACH, 0) - first
            changes, first = changes[drop:], first + drop
        pending = [upscaled]


def _changes(
    upscaled: np.ndarray, image: np.ndarray, rows: slice, scale: int
) -> np.ndarray:
    """Returns the mean of each input pixel's area less that pixel, 0 of alpha.

    Args:
        upscaled: Part of the upscaled image that belongs to the rows.
        image: The input.
        rows: Rows of the input.
        scale: Upscaling factor.
    """
    height, width, channels = image[rows].shape
    # Rows first, which lie together in memory.
    total = upscaled.reshape(height, scale, width * scale, channels)
    total = total.sum(axis=1, dtype=np.float32)
    total = total.reshape(height, width, scale, channels).sum(axis=2)
    unit = 257 if image.dtype == np.uint16 else 1
    means = total / np.float32(unit * scale * scale)
    if channels not in WITH_ALPHA:
        return np.asarray(means - to_levels(image[rows]))
    means[..., :-1] -= color_levels(image, rows, slice(0, width))
    means[..., -1] = 0
    return np.asarray(means)


def _smooth(changes: np.ndarray) -> np.ndarray:
    """Returns the means of boxes, of what is to be subtracted of them."""
    for axis in (0, 1, 0, 1):
        changes = _box(changes, axis)
    size = np.abs(changes)
    ramp = (size - _IGNORED) / (_CORRECTED - _IGNORED)
    fade = (_MEANT - size) / (_MEANT - _NOT_MEANT)
    return changes * np.clip(np.minimum(ramp, fade), 0, 1)


def _box(values: np.ndarray, axis: int) -> np.ndarray:
    """Returns the means of `2 _RADIUS + 1` values, fewer at the ends."""
    count = values.shape[axis]
    index = np.arange(count)
    low = np.maximum(index - _RADIUS, 0)
    high = np.minimum(index + _RADIUS + 1, count)
    sums = np.cumsum(values, axis=axis, dtype=np.float64)
    zero = np.zeros_like(sums.take([0], axis))
    sums = np.concatenate([zero, sums], axis=axis)
    shape = [-1 if i == axis else 1 for i in range(values.ndim)]
    total = sums.take(high, axis) - sums.take(low, axis)
    return np.asarray(total / (high - low).reshape(shape))


def _subtract(
    upscaled: np.ndarray, smooth: np.ndarray, top: int, scale: int
) -> np.ndarray:
    """Subtracts interpolated changes.

    Args:
        upscaled: Rows of the upscaled image.
        smooth: Changes of the input rows around them.
        top: Row of `smooth` at which `upscaled` begins.
        scale: Upscaling factor.
    """
    if not smooth.any():
        return upscaled
    for axis, offset in ((0, top), (1, 0)):
        position = (np.arange(upscaled.shape[axis]) + 0.5) / scale - 0.5
        position = np.clip(position + offset, 0, smooth.shape[axis] - 1)
        below = position.astype(int)
        above = np.minimum(below + 1, smooth.shape[axis] - 1)
        shape = [-1 if i == axis else 1 for i in range(3)]
        share = (position - below).astype(np.float32).reshape(shape)
        smooth = (
            smooth.take(below, axis) * (1 - share)
            + smooth.take(above, axis) * share
        ).astype(np.float32)
    return from_levels(to_levels(upscaled) - smooth, upscaled.dtype)
