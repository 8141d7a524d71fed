"""Upscales textures that tile, so that the result tiles, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gancore.errors import InvalidInput
from srgan.inference.alpha import BLEED_RADIUS
from srgan.inference.tiled_upscaler import TiledUpscaler


def wrapped_bands(
    upscaler: TiledUpscaler,
    pixels: np.ndarray,
    on_tile: Callable[[int], Any] | None = None,
) -> Iterator[np.ndarray]:
    """Upscales an image that continues at its opposite edges.

    It is padded by wrapping, as far as an output pixel depends on the input,
    so that the result equals the middle of the upscaled 3 x 3 tiling.

    Args:
        upscaler: Upscales the padded image.
        pixels: As for `TiledUpscaler.bands`.
        on_tile: As for `TiledUpscaler.bands`.

    Yields:
        Bands of the output as `TiledUpscaler.bands` does.

    Raises:
        InvalidInput: If the model has a noise input, whose noise does not wrap.
    """
    if upscaler.has_noise:
        raise InvalidInput(
            "the noise of a model with a noise input does not continue at the "
            "opposite edge; use another model for textures that tile"
        )
    height, width = pixels.shape[:2]
    rows, columns = height, width
    if upscaler.margin is not None:
        has_alpha = pixels.shape[-1] in (2, 4)
        rows = columns = upscaler.margin + BLEED_RADIUS * has_alpha
    padded = np.pad(
        pixels, ((rows, rows), (columns, columns), (0, 0)), mode="wrap"
    )
    scale = upscaler.scale
    kept = slice(columns * scale, (columns + width) * scale)
    first, last = rows * scale, (rows + height) * scale
    row = 0
    for band in upscaler.bands(padded, on_tile):
        part = band[max(first - row, 0) : max(last - row, 0), kept]
        row += len(band)
        if len(part):
            yield part
