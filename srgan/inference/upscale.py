"""Upscales one image in memory."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, overload

import keras
import numpy as np
from PIL import Image

from gancore.sizes import parse_size
from srgan.inference.inputs import open_input
from srgan.inference.load import PRETRAINED, find_weights, load
from srgan.inference.palette import Palette
from srgan.inference.self_ensemble import check_self_ensemble
from srgan.inference.tiled_upscaler import MEMORY, TiledUpscaler
from srgan.inference.wrap import wrapped_bands

_DTYPES = ("uint8", "uint16", "float32")


@overload
def upscale(
    image: np.ndarray,
    model: str | Path | keras.Model = ...,
    *,
    memory: int | str = ...,
    tile_size: int | None = ...,
    seed: int = ...,
    denoise: float | None = ...,
    wrap: bool = ...,
    palette: str | None = ...,
    self_ensemble: bool = ...,
    keep_mean: bool | None = ...,
) -> np.ndarray: ...


@overload
def upscale(
    image: Image.Image | str | Path,
    model: str | Path | keras.Model = ...,
    *,
    memory: int | str = ...,
    tile_size: int | None = ...,
    seed: int = ...,
    denoise: float | None = ...,
    wrap: bool = ...,
    palette: str | None = ...,
    self_ensemble: bool = ...,
    keep_mean: bool | None = ...,
) -> Image.Image: ...


def upscale(
    image: Any,
    model: str | Path | keras.Model = "photo-x4",
    *,
    memory: int | str = MEMORY,
    tile_size: int | None = None,
    seed: int = 0,
    denoise: float | None = None,
    wrap: bool = False,
    palette: str | None = None,
    self_ensemble: bool = False,
    keep_mean: bool | None = None,
) -> Any:
    """Upscales an image.

    Gray is repeated to three channels for the network, and the luma of its
    output is the result; an RGB image with R = G = B everywhere is treated so
    and stays gray. Alpha is upscaled as gray, and clipped to the range of the
    nearest pixels of the input. Colors under full transparency are
    replaced by visible ones nearby first. Images of less than 3 pixels along
    a side are padded, and the result cropped.

    Args:
        image: Array of shape `(height, width)` or `(height, width, channels)`
            with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha)
            channels: uint8, uint16 over its full range, or float32 in 0..255;
            a Pillow image; or the path of an image file.
        model: Name or path for `srgan.load`, or a loaded model. The last one
            is cached.
        memory: How much the tensors of the network may take: bytes, or words
            such as `"512MiB"`. Less does not change the result.
        tile_size: Side of square tiles in pixels, in place of a choice by
            `memory`.
        seed: Seeds the noise of a model with a noise input; 0 or more.
        denoise: As for `srgan.load`, for a model given by its name.
        wrap: Whether the image is a texture that tiles, so that the result
            tiles, too.
        palette: `"keep"` replaces each pixel of the result by the nearest of
            the image's colors, at most 256, as for sprites.
        self_ensemble: Whether the outputs for the eight flips and turns of
            the image are averaged, in eight times the time. Not for models
            trained against a discriminator, or with a noise input.
        keep_mean: Whether the means of areas are kept where the network
            changes them, as it does of dark areas with noise; by default with
            pretrained weights given by their name.

    Returns:
        The like, `scale` times as high and wide: an array of the same dtype
        and channels, or a Pillow image, also for a path, with the color
        profile.

    Raises:
        ValueError: If the image or an option is invalid.
        UnreadableImage: If a file cannot be read.
        UserError: If the model cannot be loaded or is no SR model.

    Examples:
        >>> photo = np.full((6, 9, 3), 200, np.uint8)
        >>> upscale(photo, "compact-x2").shape
        (12, 18, 3)
    """
    if isinstance(memory, str):
        memory = parse_size(memory)
    memory = _check_integer("memory", memory, 1)
    if tile_size is not None:
        tile_size = _check_integer("tile_size", tile_size, 1)
    seed = _check_integer("seed", seed, 0)
    if palette not in (None, "keep"):
        raise ValueError(f"palette is {palette!r}, not None or 'keep'")
    pixels, to_output = open_input(image)
    gray = pixels.ndim == 2
    shape = pixels.shape
    if gray:
        pixels = pixels[..., None]
    if pixels.dtype.name not in _DTYPES:
        raise ValueError(
            f"the image is of type {pixels.dtype}, not one of "
            f"{', '.join(_DTYPES)}"
        )
    if pixels.ndim != 3 or pixels.shape[-1] not in (1, 2, 3, 4):
        raise ValueError(
            f"the image has shape {shape}, not (height, width) or "
            "(height, width, 1 to 4 channels)"
        )
    if not pixels.size:
        raise ValueError(
            f"the image has no pixels: its shape is {pixels.shape}"
        )
    if not np.isfinite(pixels).all():
        raise ValueError("the image has NaN or infinite values")
    if keep_mean is None:
        keep_mean = isinstance(model, str) and model in PRETRAINED
    if not isinstance(model, keras.Model):
        if self_ensemble:
            check_self_ensemble(model)
        model = _load(model, denoise)
    elif denoise is not None:
        raise ValueError(
            "denoise takes the name of pretrained weights, not a loaded model; "
            "pass it to srgan.load"
        )
    upscaler = _cached_upscaler(
        model,
        memory=memory,
        tile_size=tile_size,
        seed=seed,
        self_ensemble=self_ensemble,
        keep_mean=keep_mean,
    )
    height, width, channels = pixels.shape
    scale = upscaler.scale
    result = np.empty((height * scale, width * scale, channels), pixels.dtype)
    row = 0
    colors = Palette(pixels) if palette else None
    for band in image_bands(upscaler, pixels, wrap=wrap, palette=colors):
        result[row : row + len(band)] = band
        row += len(band)
    return to_output(result[..., 0] if gray else result)


def image_bands(
    upscaler: TiledUpscaler,
    pixels: np.ndarray,
    on_tile: Callable[[int], Any] | None = None,
    *,
    wrap: bool = False,
    palette: Palette | None = None,
) -> Iterator[np.ndarray]:
    """Upscales an image by bands of rows, for a file.

    Args:
        upscaler: Upscales it.
        pixels: As for `TiledUpscaler.bands`.
        on_tile: As for `TiledUpscaler.bands`.
        wrap: As for `upscale`.
        palette: Colors that are kept.

    Returns:
        Bands as of `TiledUpscaler.bands`.
    """
    if wrap:
        bands = wrapped_bands(upscaler, pixels, on_tile)
    else:
        bands = upscaler.bands(pixels, on_tile)
    return map(palette.nearest, bands) if palette else bands


def _check_integer(name: str, value: Any, minimum: int) -> int:
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ValueError(f"{name} is {value!r}, not an integer") from error
    if number < minimum:
        raise ValueError(f"{name} is {number}, less than {minimum}")
    return number


def _load(name: str | Path, denoise: float | None) -> keras.Model:
    """Loads a model; keeps the last one until its file is modified."""
    path = find_weights(name)
    modified = path.stat().st_mtime_ns
    # Weights are mixed by their name, others are found but once.
    source = path.absolute() if denoise is None else name
    return _load_cached(source, denoise, modified)


@functools.lru_cache(maxsize=1)
def _load_cached(
    source: str | Path, denoise: float | None, modified: int
) -> keras.Model:
    return load(source, denoise=denoise)


@functools.lru_cache(maxsize=1)
def _cached_upscaler(model: keras.Model, **settings: Any) -> TiledUpscaler:
    """Keeps the last upscaler, so that its network is traced once."""
    return TiledUpscaler(model, **settings)
