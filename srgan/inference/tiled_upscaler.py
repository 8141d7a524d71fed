"""Runs an SR model on an image of any size, tile by tile."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gancore.errors import RuntimeFailure
from srgan.inference.alpha import (
    BLEED_RADIUS,
    bleed_colors,
    clip_to_local_range,
)
from srgan.inference.folding import FoldedModel
from srgan.inference.gray import has_gray_colors, luma, to_gray, to_rgb
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
TILE_SIZE = 192
# The generator's skip needs as many; smaller images are padded.
_MIN_SIDE = 3
# Most output pixels per band.
_BAND_PIXELS = 2**27
_MAX_VALUES = {"uint8": 255, "uint16": 65_535, "float32": 255}
_WITH_ALPHA = (2, 4)


class TiledUpscaler:
    """Upscales images of any size in bounded memory.

    Tiles overlap by the radius of the model's receptive field, so the result
    equals that of the whole image at once.

    Args:
        model: An SR model, as returned by `load`.
        tile_size: Side of a tile in input pixels, without the overlap.
        seed: Seeds the noise of a model with a noise input.

    Attributes:
        scale: Upscaling factor.
        margin: Overlap of tiles on each side, in input pixels; `None` if the
            model takes an image whole.
        has_noise: Whether the model has a noise input.
    """

    def __init__(
        self, model: keras.Model, *, tile_size: int = TILE_SIZE, seed: int = 0
    ) -> None:
        self.scale = scale_of(model)
        self._tile_size = tile_size
        self._seed = seed
        self._noise_channels = noise_channels(model)
        self.has_noise = self._noise_channels > 0
        self.margin: int | None = None
        self._field: ReceptiveField | None = None
        try:
            self._field = receptive_field(model)
            alignment = self._field.alignment
            self.margin = -(-self._field.radius // alignment) * alignment
        except UnboundedReceptiveField as error:
            logger.info(f"images are upscaled whole, not in tiles: {error}")
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
        """Upscales an image, a band of rows at a time.

        Args:
            pixels: uint8, uint16, or float32 in 0..255, shape
                `(height, width, channels)`: gray, gray and alpha, RGB, or RGB
                and alpha.
            on_tile: Called after each tile with the total number of tiles.

        Yields:
            Bands of the output from top to bottom, of the same dtype and
            channels as the input, clipped; integers are rounded.

        Raises:
            RuntimeFailure: If the memory is too small for a tile.
        """
        if has_gray_colors(pixels):
            yield from map(to_rgb, self.bands(to_gray(pixels), on_tile))
            return
        height, width, channels = pixels.shape
        scale = self.scale
        image = self._pad(pixels)
        alpha = pixels[..., -1]
        # The alpha of an opaque image should not become 254.
        keep_alpha = channels in _WITH_ALPHA and alpha.min() == alpha.max()
        row_spans, column_spans = self._tiles(*image.shape[:2])
        for rows in row_spans:
            size = ((rows.last - rows.first) * scale, image.shape[1] * scale)
            band = np.empty((*size, channels), pixels.dtype)
            for columns in column_spans:
                kept = slice(columns.first * scale, columns.last * scale)
                band[:, kept] = self._upscale_tile(
                    image, rows, columns, keep_alpha
                )
                if on_tile:
                    on_tile(len(row_spans) * len(column_spans))
            yield band[: (height - rows.first) * scale, : width * scale]

    def _pad(self, pixels: np.ndarray) -> np.ndarray:
        """Repeats the last row and column up to a size the model accepts."""
        alignment = self._field.alignment if self._field else 1
        missing = [
            -(-max(side, _MIN_SIDE) // alignment) * alignment - side
            for side in pixels.shape[:2]
        ]
        if not any(missing):
            return pixels
        return np.pad(pixels, [(0, m) for m in missing] + [(0, 0)], "edge")

    def _tiles(
        self, height: int, width: int
    ) -> tuple[list[TileSpan], list[TileSpan]]:
        """Computes the spans of rows and of columns."""
        if self._field is None or self.margin is None:
            return tile_spans(height, height, 0), tile_spans(width, width, 0)
        alignment, margin = self._field.alignment, self.margin
        size = max(self._tile_size // alignment, 1) * alignment
        # The first band is higher than the others by a margin.
        max_rows = _BAND_PIXELS // (width * self.scale**2) - margin
        rows = min(size, max(max_rows // alignment, 1) * alignment)
        return tile_spans(height, rows, margin), tile_spans(width, size, margin)

    def _upscale_tile(
        self,
        image: np.ndarray,
        rows: TileSpan,
        columns: TileSpan,
        keep_alpha: bool,
    ) -> np.ndarray:
        """Upscales all channels of a tile; returns the kept part."""
        colors = _tile_colors(image, rows, columns)
        upscaled = _from_levels(self._run(colors, rows, columns), image.dtype)
        if image.shape[-1] not in _WITH_ALPHA:
            return upscaled
        alpha = _crop(image, rows, columns)[..., -1:]
        if keep_alpha:
            upscaled_alpha = np.full_like(upscaled[..., :1], alpha[0, 0])
        else:
            lr_alpha = _to_levels(alpha)
            levels = clip_to_local_range(
                self._run(lr_alpha, rows, columns),
                lr_alpha,
                self.scale,
                (rows.first - rows.start, columns.first - columns.start),
            )
            upscaled_alpha = _from_levels(levels, image.dtype)
        return np.concatenate([upscaled, upscaled_alpha], axis=-1)

    def _run(
        self, levels: np.ndarray, rows: TileSpan, columns: TileSpan
    ) -> np.ndarray:
        """Runs the model on 1 or 3 channels; returns the kept part."""
        gray = levels.shape[-1] == 1
        inputs = [np.repeat(levels, 3, axis=-1) if gray else levels]
        if self._noise_channels:
            inputs.append(
                noise_window(
                    slice(rows.start, rows.stop),
                    slice(columns.start, columns.stop),
                    self._noise_channels,
                    self._seed,
                )
            )
        try:
            output = self._network(*(array[None] for array in inputs))[0]
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
        output = output[kept[0], kept[1]].numpy()
        return luma(output) if gray else output


def _crop(image: np.ndarray, rows: TileSpan, columns: TileSpan) -> np.ndarray:
    return image[rows.start : rows.stop, columns.start : columns.stop]


def _tile_colors(
    image: np.ndarray, rows: TileSpan, columns: TileSpan
) -> np.ndarray:
    """Returns the colors of a tile in 0..255, filled where transparent."""
    if image.shape[-1] not in _WITH_ALPHA:
        return _to_levels(_crop(image, rows, columns))
    top, left = (max(s.start - BLEED_RADIUS, 0) for s in (rows, columns))
    wide = image[
        top : rows.stop + BLEED_RADIUS, left : columns.stop + BLEED_RADIUS
    ]
    filled = bleed_colors(_to_levels(wide[..., :-1]), wide[..., -1] > 0)
    return filled[
        rows.start - top : rows.stop - top,
        columns.start - left : columns.stop - left,
    ]


def _to_levels(pixels: np.ndarray) -> np.ndarray:
    """Converts pixels of any dtype to float32 in 0..255."""
    unit = _MAX_VALUES[pixels.dtype.name] / 255
    return pixels.astype(np.float32) / np.float32(unit)


def _from_levels(levels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Converts float32 levels in 0..255 to pixels of a dtype."""
    max_value = _MAX_VALUES[dtype.name]
    values = np.clip(levels * np.float32(max_value / 255), 0, max_value)
    return values if dtype == np.float32 else np.rint(values).astype(dtype)
