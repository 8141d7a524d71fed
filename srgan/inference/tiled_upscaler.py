"""Runs an SR model on an image of any size, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from srgan.inference.gray import has_gray_colors, to_gray, to_rgb
from srgan.inference.levels import WITH_ALPHA
from srgan.inference.local_mean import REACH, keep_local_mean
from srgan.inference.stream_bands import stream_bands, stream_spans
from srgan.inference.tile_bands import budget_spans, square_spans, tile_bands
from srgan.inference.tile_network import TileNetwork

# Bytes that the tensors of a band or tile may take.
MEMORY = 2**30
# The generator's skip needs as many; smaller images are padded.
_MIN_SIDE = 3


class TiledUpscaler:
    """Upscales images of any size in bounded memory.

    An image is streamed through the network in bands of rows, of which no
    pixel is computed twice. Where the network or the memory does not allow
    that, or `tile_size` is given, tiles overlap by the radius of the receptive
    field. Either way the result equals that of the whole image at once.

    Args:
        model: An SR model, as returned by `load`.
        memory: Bytes that the tensors of the network and the output of a band
            may take, beside the image and the program.
        tile_size: Side of square tiles in input pixels, without the overlap,
            in place of a choice by memory.
        seed: Seeds the noise of a model with a noise input.
        self_ensemble: Whether the outputs for the eight flips and turns of
            the image are averaged.
        keep_mean: Whether the means of areas are kept where the network
            changes them, as by `keep_local_mean`.

    Attributes:
        scale: Upscaling factor.
        margin: Overlap of tiles on each side, in input pixels; `None` if the
            model takes an image whole.
        has_noise: Whether the model has a noise input.

    Raises:
        InvalidInput: If the self-ensemble is asked of a model with a noise
            input.

    Reference:
        - [Lim et al. 2017](https://arxiv.org/abs/1707.02921), section 3.3: the
          geometric self-ensemble
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        memory: int = MEMORY,
        tile_size: int | None = None,
        seed: int = 0,
        self_ensemble: bool = False,
        keep_mean: bool = False,
    ) -> None:
        self._network = TileNetwork(model, seed, self_ensemble)
        self._memory = memory
        self._tile_size = tile_size
        self.scale = self._network.scale
        self.margin = self._network.margin
        self._keep_mean = keep_mean
        if keep_mean and self.margin is not None:
            alignment = self._network.alignment
            self.margin = -(-(self.margin + REACH) // alignment) * alignment
        self.has_noise = self._network.noise_channels > 0

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
            on_tile: Called after each tile or band with their total number.

        Yields:
            Bands of the output from top to bottom, of the same dtype and
            channels as the input, clipped; integers are rounded.

        Raises:
            InvalidInput: If the memory budget is too small for a tile.
            RuntimeFailure: If the memory is.
        """
        if has_gray_colors(pixels):
            yield from map(to_rgb, self.bands(to_gray(pixels), on_tile))
            return
        height, width, channels = pixels.shape
        image = self._pad(pixels)
        alpha = pixels[..., -1]
        # The alpha of an opaque image should not become 254.
        keep_alpha = channels in WITH_ALPHA and alpha.min() == alpha.max()
        bands = self._bands(image, keep_alpha, on_tile)
        if self._keep_mean:
            bands = keep_local_mean(bands, image, self.scale)
        missing = height * self.scale
        for band in bands:
            yield band[:missing, : width * self.scale]
            missing -= min(len(band), missing)

    def _bands(
        self,
        image: np.ndarray,
        keep_alpha: bool,
        on_tile: Callable[[int], Any] | None,
    ) -> Iterator[np.ndarray]:
        """Chooses between a stream and tiles."""
        network, shape = self._network, image.shape
        if self._tile_size:
            tiles = square_spans(network, shape, self._tile_size)
            return tile_bands(network, image, tiles, keep_alpha, on_tile)
        spans = stream_spans(network, shape, self._memory)
        if spans and not network.self_ensemble:
            return stream_bands(network, image, spans, keep_alpha, on_tile)
        pixel_bytes = shape[-1] * image.dtype.itemsize
        tiles = budget_spans(network, shape, self._memory, pixel_bytes)
        return tile_bands(network, image, tiles, keep_alpha, on_tile)

    def _pad(self, pixels: np.ndarray) -> np.ndarray:
        """Repeats the last row and column up to a size the model accepts."""
        alignment = self._network.alignment
        missing = [
            -(-max(side, _MIN_SIDE) // alignment) * alignment - side
            for side in pixels.shape[:2]
        ]
        if not any(missing):
            return pixels
        return np.pad(pixels, [(0, m) for m in missing] + [(0, 0)], "edge")
