"""Runs a network over a image of any size, tile by tile."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gancore.errors import RuntimeFailure
from srgan.inference.alpha import SPREAD, bleed_colors
from srgan.inference.folding import FoldedModel
from srgan.inference.load import call_model, noise_channels, scale_of
from srgan.inference.noise_map import noise_window
from srgan.inference.receptive_field import (
    ReceptiveField,
    UnboundedReceptiveField,
    receptive_field,
)
from srgan.inference.tiling import TileSpan, tile_spans

logger = logging.getLogger(__name__)

# Kept pixels of a tile along a side. On two cores tiles of 128, 192 and 256
# gave 0.84, 1.05 and 1.13 output megapixels per second in 1.2, 1.6 and 2.2 GB
# (x4, 8 blocks of 48 filters): beyond 192 memory grows faster than speed.
TILE = 192
# The generator's skip needs this many, which smaller images are padded to.
_LEAST_SIDE = 3
# Most output pixels that are made before they are given away.
_BAND_PIXELS = 2**27
_LEVELS = {"uint8": 255, "uint16": 65_535, "float32": 255}
_WITH_ALPHA = (2, 4)


class TiledUpscaler:
    """Upscales images in memory that does not grow with them.

    Tiles overlap by as much as the network looks at, so the result is that
    of the whole image at once.

    Args:
        model: An SR model, as `load` gives.
        tile: Pixels of a tile along a side, before upscaling and without
            the overlap.
        seed: Seeds the noise of a model that takes some.

    Attributes:
        scale: How much larger the output is.
    """

    def __init__(
        self, model: keras.Model, *, tile: int = TILE, seed: int = 0
    ) -> None:
        self.scale = scale_of(model)
        self._tile = tile
        self._seed = seed
        self._noise_channels = noise_channels(model)
        self._reach: ReceptiveField | None = None
        try:
            self._reach = receptive_field(model)
        except UnboundedReceptiveField as error:
            logger.warning(f"images are upscaled whole, not in tiles: {error}")
        pixels = tf.TensorSpec((1, None, None, 3), tf.float32)
        noise = tf.TensorSpec((1, None, None, self._noise_channels), tf.float32)
        # Of any size, so that it is traced once for all images. TensorFlow
        # takes two functions of one `def` for one that is traced again, and
        # warns, but it cannot take two `partial` objects so.
        self._network = tf.function(
            functools.partial(call_model, FoldedModel(model)),
            input_signature=[pixels, noise][: len(model.inputs)],
        )

    def bands(
        self,
        pixels: np.ndarray,
        on_tile: Callable[[int], Any] | None = None,
    ) -> Iterator[np.ndarray]:
        """Upscales a image, a band of rows at a time.

        Args:
            pixels: uint8, uint16, or float32 in 0..255, shape
                `(height, width, channels)`: grey, grey and alpha, RGB, or RGB
                and alpha.
            on_tile: Called after each tile with the number of all tiles.

        Yields:
            The upscaling's rows from top to bottom, of the same type and
            channels, clipped; integers are rounded.

        Raises:
            FailedWork: If the memory is too small for a tile.
        """
        height, width, channels = pixels.shape
        scale = self.scale
        image = self._padded(pixels)
        alpha = pixels[..., -1]
        # That of an opaque image should not come out as 254.
        keep_alpha = channels in _WITH_ALPHA and alpha.min() == alpha.max()
        down, across = self._plan(*image.shape[:2])
        for rows in down:
            size = ((rows.last - rows.first) * scale, image.shape[1] * scale)
            band = np.empty((*size, channels), pixels.dtype)
            for columns in across:
                place = slice(columns.first * scale, columns.last * scale)
                band[:, place] = self._whole_tile(
                    image, rows, columns, keep_alpha
                )
                if on_tile:
                    on_tile(len(down) * len(across))
            yield band[: (height - rows.first) * scale, : width * scale]

    def _padded(self, pixels: np.ndarray) -> np.ndarray:
        """Repeats the last row and column up to a size the network takes."""
        step = self._reach.step if self._reach else 1
        missing = [
            -(-max(side, _LEAST_SIDE) // step) * step - side
            for side in pixels.shape[:2]
        ]
        if not any(missing):
            return pixels
        return np.pad(pixels, [(0, m) for m in missing] + [(0, 0)], "edge")

    def _plan(
        self, height: int, width: int
    ) -> tuple[list[TileSpan], list[TileSpan]]:
        if self._reach is None:
            return tile_spans(height, height, 0), tile_spans(width, width, 0)
        step = self._reach.step
        margin = -(-self._reach.pixels // step) * step
        tile = max(self._tile // step, 1) * step
        # The first band is higher than the others by a margin.
        highest = _BAND_PIXELS // (width * self.scale**2) - margin
        low = min(tile, max(highest // step, 1) * step)
        return tile_spans(height, low, margin), tile_spans(width, tile, margin)

    def _whole_tile(
        self,
        image: np.ndarray,
        rows: TileSpan,
        columns: TileSpan,
        keep_alpha: bool,
    ) -> np.ndarray:
        """Gives all channels of what is kept of a window."""
        colours = _colours(image, rows, columns)
        large = _pixels(self._upscaled(colours, rows, columns), image.dtype)
        if image.shape[-1] not in _WITH_ALPHA:
            return large
        alpha = _cut(image, rows, columns)[..., -1:]
        if keep_alpha:
            opacity = np.full_like(large[..., :1], alpha[0, 0])
        else:
            levels = self._upscaled(_levels(alpha), rows, columns)
            opacity = _pixels(levels, image.dtype)
        return np.concatenate([large, opacity], axis=-1)

    def _upscaled(
        self, levels: np.ndarray, rows: TileSpan, columns: TileSpan
    ) -> np.ndarray:
        """Upscales a window, 1 or 3 channels, and keeps the part to keep."""
        grey = levels.shape[-1] == 1
        given = [np.repeat(levels, 3, axis=-1) if grey else levels]
        if self._noise_channels:
            given.append(
                noise_window(
                    slice(rows.start, rows.stop),
                    slice(columns.start, columns.stop),
                    self._noise_channels,
                    self._seed,
                )
            )
        try:
            high = self._network(*(array[None] for array in given))[0]
        except tf.errors.ResourceExhaustedError as error:
            raise RuntimeFailure(
                "the memory is too small for a tile; try a smaller --tile_size"
            ) from error
        kept = [
            slice(
                (s.first - s.start) * self.scale,
                (s.last - s.start) * self.scale,
            )
            for s in (rows, columns)
        ]
        high = high[kept[0], kept[1]].numpy()
        return high.mean(axis=-1, keepdims=True) if grey else high


def _cut(image: np.ndarray, rows: TileSpan, columns: TileSpan) -> np.ndarray:
    return image[rows.start : rows.stop, columns.start : columns.stop]


def _colours(
    image: np.ndarray, rows: TileSpan, columns: TileSpan
) -> np.ndarray:
    """Gives the colours of a window in levels, also where none are seen."""
    if image.shape[-1] not in _WITH_ALPHA:
        return _levels(_cut(image, rows, columns))
    top, left = (max(s.start - SPREAD, 0) for s in (rows, columns))
    wide = image[top : rows.stop + SPREAD, left : columns.stop + SPREAD]
    spread = bleed_colors(_levels(wide[..., :-1]), wide[..., -1] > 0)
    return spread[
        rows.start - top : rows.stop - top,
        columns.start - left : columns.stop - left,
    ]


def _levels(pixels: np.ndarray) -> np.ndarray:
    """Gives pixels of any type as float32 in 0..255."""
    unit = _LEVELS[pixels.dtype.name] / 255
    return pixels.astype(np.float32) / np.float32(unit)


def _pixels(levels: np.ndarray, kind: np.dtype) -> np.ndarray:
    """Gives float32 levels in 0..255 as pixels of a type."""
    highest = _LEVELS[kind.name]
    values = np.clip(levels * np.float32(highest / 255), 0, highest)
    return values if kind == np.float32 else np.rint(values).astype(kind)
