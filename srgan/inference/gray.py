"""Gray images in three channels: upscaled as one channel, without a tint.

The three outputs of a network differ even where its three inputs are equal.
One luma of them is taken before rounding, so that gray stays gray.
"""

from __future__ import annotations

import numpy as np

# Luma of RGB (ITU-R BT.601), as JPEG stores it and PSNR on Y measures it.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luma(colors: np.ndarray) -> np.ndarray:
    """Computes the luma of RGB colors.

    Args:
        colors: float32 array of shape `(..., 3)`.

    Returns:
        float32 array of shape `(..., 1)`, in the range of the colors.
    """
    return (colors @ _LUMA)[..., None]


def has_gray_colors(pixels: np.ndarray) -> bool:
    """Checks whether all visible pixels of an RGB image are gray.

    Args:
        pixels: Array of shape `(height, width, channels)`; of 3 channels, or
            4 with alpha. One or two channels are gray by themselves.

    Returns:
        Whether R = G = B in every pixel whose alpha is not 0; `False` for
        one or two channels.
    """
    if pixels.shape[-1] < 3:
        return False
    red, green, blue = (pixels[..., i] for i in range(3))
    gray = (red == green) & (green == blue)
    if pixels.shape[-1] == 4:
        gray |= pixels[..., 3] == 0
    return bool(gray.all())


def to_gray(pixels: np.ndarray) -> np.ndarray:
    """Returns the first color channel, and alpha if there is one."""
    return pixels[..., ::3]


def to_rgb(pixels: np.ndarray) -> np.ndarray:
    """Repeats gray to three channels, and keeps alpha if there is one."""
    return pixels[..., [0, 0, 0, 1][: pixels.shape[-1] + 2]]
