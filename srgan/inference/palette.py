"""Keeps the palette of a sprite: each upscaled pixel gets a color of the input.

Reference:
    - [Ottosson 2020](https://bottosson.github.io/posts/oklab/) (OKLab)
"""

from __future__ import annotations

import numpy as np

from gancore.errors import InvalidInput

MAX_COLORS = 256
# Pixels that are processed at once.
_CHUNK = 2**18
_MAX_VALUES = {"uint8": 255, "uint16": 65_535}
# Linear sRGB to the responses of cones, and their cube roots to OKLab.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


class Palette:
    """The colors of an image, with their alpha, and the nearest of a pixel.

    All fully transparent pixels are one color. The distance of two colors is
    `a b |x - y|^2 + (a - b)^2` for alphas a and b in 0..1 and colors x and y
    in OKLab: hidden colors do not matter, and hard edges stay hard.

    Args:
        pixels: uint8 or uint16 array of shape `(height, width, channels)`
            with 1 to 4 channels.

    Attributes:
        colors: The colors, array of shape `(count, channels)`, of the
            image's dtype.

    Raises:
        InvalidInput: If there are more than `MAX_COLORS` colors.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        if pixels.dtype.name not in _MAX_VALUES:
            raise InvalidInput(
                f"the palette of an image of type {pixels.dtype} cannot be "
                "kept; convert it to uint8 or uint16"
            )
        self.colors = _distinct_colors(pixels)
        lab, alpha = _lab_and_alpha(self.colors)
        square = (lab**2).sum(axis=-1, keepdims=True)
        # The distance without its part that is equal for all colors.
        self._terms = np.concatenate(
            [alpha * square, -2 * alpha * lab, alpha, alpha**2], axis=-1
        )

    def nearest(self, pixels: np.ndarray) -> np.ndarray:
        """Replaces each pixel by the nearest color of the palette.

        Args:
            pixels: Array of the image's dtype and channels.

        Returns:
            A new array of the same shape.
        """
        flat = pixels.reshape(-1, pixels.shape[-1])
        result = np.empty_like(flat)
        for start in range(0, len(flat), _CHUNK):
            part = flat[start : start + _CHUNK]
            lab, alpha = _lab_and_alpha(part)
            square = (lab**2).sum(axis=-1, keepdims=True)
            terms = np.concatenate(
                [alpha, alpha * lab, alpha * square - 2 * alpha,
                 np.ones_like(alpha)],
                axis=-1,
            )  # fmt: skip
            index = (terms @ self._terms.T).argmin(axis=-1)
            result[start : start + _CHUNK] = self.colors[index]
        return result.reshape(pixels.shape)


def _distinct_colors(pixels: np.ndarray) -> np.ndarray:
    """Returns the colors of an image, shape `(count, channels)`."""
    flat = pixels.reshape(-1, pixels.shape[-1])
    colors = flat[:0]
    for start in range(0, len(flat), _CHUNK):
        part = np.concatenate([colors, flat[start : start + _CHUNK]])
        keys = _pack_colors(part)
        if part.shape[-1] in (2, 4):
            hidden = part[:, -1] == 0
            keys[hidden] = keys[hidden.argmax()]
        _, first = np.unique(keys, return_index=True)
        if len(first) > MAX_COLORS:
            raise InvalidInput(
                f"the image has more than {MAX_COLORS} colors, too many for a "
                "palette; leave the palette option out"
            )
        colors = part[first]
    return colors


def _pack_colors(pixels: np.ndarray) -> np.ndarray:
    """Packs the channels of each pixel into one integer.

    Args:
        pixels: uint8 or uint16 array of shape `(..., channels)` with 1 to 4
            channels.

    Returns:
        uint64 array of shape `(...)`, equal where all channels are.
    """
    keys = np.zeros(pixels.shape[:-1], np.uint64)
    for channel in range(pixels.shape[-1]):
        keys = keys << np.uint64(16) | pixels[..., channel]
    return keys


def _lab_and_alpha(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Converts pixels of shape `(count, channels)` to OKLab and alpha, 0..1."""
    values = pixels / float(_MAX_VALUES[pixels.dtype.name])
    has_alpha = pixels.shape[-1] in (2, 4)
    colors = values[:, :-1] if has_alpha else values
    alpha = values[:, -1:] if has_alpha else np.ones_like(values[:, :1])
    linear = np.where(
        colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4
    )
    linear = np.broadcast_to(linear, (len(linear), 3))
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T, alpha
