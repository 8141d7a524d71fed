"""The structural similarity of the SRGAN paper, which is not the usual one.

It cannot be compared with `srgan.metrics.psnr_ssim.ssim`: for bicubic
upscaling of Set5 it is 0.820, the usual one 0.811.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from srgan.metrics.psnr_ssim import inner_luma

# Wang et al. 2004, section III-C: 0.01 and 0.03 of the 255 levels, squared.
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2
# Sum of the window along one axis, and its sigma relative to the image's
# height.
_WEIGHT = 256
_SIGMA_OF_HEIGHT = 1.5 / 256


def daala_ssim(sr: Any, hr: Any, border: int) -> np.ndarray:
    """Computes the structural similarity of xiph/daala's `dump_ssim`.

    The window is an integer Gaussian that grows with the image's height. At
    the borders it is truncated, and weighted by the sum of what is left. Y is
    rounded to 8 bits.

    Args:
        sr: SR images, shape `(batch, height, width, 3)`, or 1 channel for
            gray, 0..255.
        hr: HR images, of the same shape and range.
        border: Pixels left out on each side; usually the scale.

    Returns:
        float64 array of shape `(batch,)`, 1 for equal images.

    Reference:
        - Ledig et al. 2017, section 3.1, which names the daala package
        - `tools/dump_ssim.c` of [daala](https://github.com/xiph/daala)
    """
    x, y = _rounded_luma(sr, border), _rounded_luma(hr, border)
    taps = daala_taps(x.shape[1])
    weight = _windowed(np.ones_like(x), taps)
    mx, my = _windowed(x, taps), _windowed(y, taps)
    # Weighted sums, not means, so that truncated windows need no special case.
    variances = _windowed(x * x + y * y, taps) * weight - mx * mx - my * my
    covariance = _windowed(x * y, taps) * weight - mx * my
    c1, c2 = _C1 * weight**2, _C2 * weight**2
    similarity = ((2 * mx * my + c1) * (2 * covariance + c2)) / (
        (mx * mx + my * my + c1) * (variances + c2)
    )
    return (similarity * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))


def daala_taps(height: int) -> np.ndarray:
    """Computes daala's window along one axis for images of a height.

    Returns:
        float64 array of odd length of integers with the sum 256.
    """
    sigma = height * _SIGMA_OF_HEIGHT
    # The window ends where a tap would be less than 0.5.
    edge = math.sqrt(math.pi / 2) * sigma / _WEIGHT
    radius = int(sigma * math.sqrt(-2 * math.log(edge))) if edge < 1 else 0
    distance = np.arange(1, radius + 1)
    scale = _WEIGHT / (math.sqrt(2 * math.pi) * sigma)
    side = np.floor(scale * np.exp(-(distance**2) / (2 * sigma**2)) + 0.5)
    center = _WEIGHT - 2 * side.sum()
    return np.concatenate([side[::-1], [center], side])


def _rounded_luma(images: Any, border: int) -> np.ndarray:
    """Computes Y rounded to integers, without border and channel axis."""
    levels = np.asarray(inner_luma(images, border))[..., 0]
    return np.round(levels.astype(np.float64))


def _windowed(planes: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Computes the window's weighted sum around each pixel, 0 outside."""
    radius = len(taps) // 2
    planes = np.pad(planes, ((0, 0), (radius, radius), (radius, radius)))
    for axis in (1, 2):
        planes = sliding_window_view(planes, len(taps), axis) @ taps
    return planes
