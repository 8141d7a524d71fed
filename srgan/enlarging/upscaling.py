"""Enlarges one picture in memory: the library's way in."""

from __future__ import annotations

import functools
from pathlib import Path

import keras
import numpy as np

from adversarial.messages import UserError
from srgan.enlarging.enlarger import TILE, Enlarger
from srgan.loading import load

_TYPES = ("uint8", "uint16", "float32")


def upscale(
    image: np.ndarray,
    model: str | Path | keras.Model = "compact-x4",
    *,
    tile: int = TILE,
    seed: int = 0,
) -> np.ndarray:
    """Enlarges a picture.

    Grey is shown to the network as three equal channels, whose mean is taken
    back, and alpha is enlarged as grey. Colours that no one sees, under full
    transparency, are replaced by those beside them first. Pictures of less
    than 3 pixels along a side are padded and cut again.

    Args:
        image: Array of shape `(height, width)` or `(height, width, channels)`
            with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha)
            channels: uint8, uint16 over its full range, or float32 in 0..255.
        model: Name or path for `srgan.load`, or a loaded model; pass a model
            to enlarge many pictures.
        tile: Pixels of a tile along a side; a smaller one takes less memory.
        seed: Seeds the noise of a model that takes some.

    Returns:
        Array of the same type and channels, `scale` times as high and wide.

    Raises:
        UserError: If the image or the model is none of these.
    """
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        return upscale(pixels[..., None], model, tile=tile, seed=seed)[..., 0]
    if pixels.dtype.name not in _TYPES:
        raise UserError(
            f"the image is of type {pixels.dtype}, not one of "
            f"{', '.join(_TYPES)}"
        )
    if pixels.ndim != 3 or pixels.shape[-1] not in (1, 2, 3, 4):
        raise UserError(
            f"the image has shape {pixels.shape}, not (height, width) or "
            "(height, width, 1 to 4 channels)"
        )
    if not pixels.size:
        raise UserError(f"the image has no pixels: its shape is {pixels.shape}")
    if tile < 1:
        raise UserError(f"tile is {tile}, less than 1")
    if not isinstance(model, keras.Model):
        model = load(model)
    enlarger = _enlarger(model, tile, seed)
    height, width, channels = pixels.shape
    scale = enlarger.scale
    large = np.empty((height * scale, width * scale, channels), pixels.dtype)
    row = 0
    for band in enlarger.bands(pixels):
        large[row : row + len(band)] = band
        row += len(band)
    return large


@functools.lru_cache(maxsize=1)
def _enlarger(model: keras.Model, tile: int, seed: int) -> Enlarger:
    """Keeps the last one, so that its network is traced once."""
    return Enlarger(model, tile=tile, seed=seed)
