"""Upscales one image in memory: the library's way in."""

from __future__ import annotations

import functools
import operator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from srgan.inference.load import find_weights, load
from srgan.inference.tiled_upscaler import TILE, TiledUpscaler

_TYPES = ("uint8", "uint16", "float32")


def upscale(
    image: np.ndarray,
    model: str | Path | keras.Model = "compact-x4",
    *,
    tile: int = TILE,
    seed: int = 0,
) -> np.ndarray:
    """Upscales a image.

    Grey is shown to the network as three equal channels, whose mean is taken
    back, and alpha is upscaled as grey. Colours that no one sees, under full
    transparency, are replaced by those beside them first. Images of less
    than 3 pixels along a side are padded and cut again.

    Args:
        image: Array of shape `(height, width)` or `(height, width, channels)`
            with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha)
            channels: uint8, uint16 over its full range, or float32 in 0..255.
        model: Name or path for `srgan.load`, or a loaded model. The last one
            is kept for the next image.
        tile: Pixels of a tile along a side; a smaller one takes less memory.
        seed: Seeds the noise of a model that takes some; 0 or more.

    Returns:
        Array of the same type and channels, `scale` times as high and wide.

    Raises:
        ValueError: If the image, tile or seed is none of these.
        UserError: If the model is none.

    Examples:
        >>> photo = np.full((6, 9, 3), 200, np.uint8)
        >>> upscale(photo, "compact-x2").shape
        (12, 18, 3)
    """
    tile = _whole_number("tile", tile, 1)
    seed = _whole_number("seed", seed, 0)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        return upscale(pixels[..., None], model, tile=tile, seed=seed)[..., 0]
    if pixels.dtype.name not in _TYPES:
        raise ValueError(
            f"the image is of type {pixels.dtype}, not one of "
            f"{', '.join(_TYPES)}"
        )
    if pixels.ndim != 3 or pixels.shape[-1] not in (1, 2, 3, 4):
        raise ValueError(
            f"the image has shape {pixels.shape}, not (height, width) or "
            "(height, width, 1 to 4 channels)"
        )
    if not pixels.size:
        raise ValueError(
            f"the image has no pixels: its shape is {pixels.shape}"
        )
    if not np.isfinite(pixels).all():
        raise ValueError("the image has values that are no finite numbers")
    if not isinstance(model, keras.Model):
        path = find_weights(model)
        model = _loaded(path.absolute(), path.stat().st_mtime_ns)
    upscaler = _upscaler(model, tile, seed)
    height, width, channels = pixels.shape
    scale = upscaler.scale
    large = np.empty((height * scale, width * scale, channels), pixels.dtype)
    row = 0
    for band in upscaler.bands(pixels):
        large[row : row + len(band)] = band
        row += len(band)
    return large


def _whole_number(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ValueError(f"{name} is {value!r}, not a whole number") from error
    if number < least:
        raise ValueError(f"{name} is {number}, less than {least}")
    return number


@functools.lru_cache(maxsize=1)
def _loaded(path: Path, written: int) -> keras.Model:
    """Keeps the last one, until its file is written anew."""
    return load(path)


@functools.lru_cache(maxsize=1)
def _upscaler(model: keras.Model, tile: int, seed: int) -> TiledUpscaler:
    """Keeps the last one, so that its network is traced once."""
    return TiledUpscaler(model, tile=tile, seed=seed)
