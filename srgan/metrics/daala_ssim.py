"""The structural similarity of the SRGAN paper, which is not the usual one.

Its numbers must not be mixed with those of `srgan.metrics.psnr_ssim.ssim`:
bicubic upscaling of Set5 has 0.820 by this one and 0.811 by the other.
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
# Weight of the window along one axis, and its width: sigma in pixels for each
# pixel of the image's height.
_WEIGHT = 256
_SIGMA_OF_HEIGHT = 1.5 / 256


def daala_ssim(high: Any, original: Any, border: int) -> np.ndarray:
    """Structural similarity as xiph/daala's `dump_ssim`, the paper's tool.

    The window is a Gaussian in integers that grows with the image's height,
    is cut off at the borders, and counts for as much as is left of it. Y is
    rounded to 8 bits.

    Args:
        high: Upscaled images, shape `(batch, height, width, 3)`, or 1 channel
            for grey, 0..255.
        original: The same shape and range.
        border: Pixels left out on each side; by custom the scale.

    Returns:
        float64 array of shape `(batch,)`, 1 for equal images.

    Reference:
        - Ledig et al. 2017, section 3.1, which names the daala package
        - `tools/dump_ssim.c` of [daala](https://github.com/xiph/daala)
    """
    x, y = _whole_luma(high, border), _whole_luma(original, border)
    taps = daala_taps(x.shape[1])
    weight = _windowed(np.ones_like(x), taps)
    mx, my = _windowed(x, taps), _windowed(y, taps)
    # Weighted sums, not means, so that the cut-off windows at the borders need
    # no case of their own.
    variances = _windowed(x * x + y * y, taps) * weight - mx * mx - my * my
    covariance = _windowed(x * y, taps) * weight - mx * my
    c1, c2 = _C1 * weight**2, _C2 * weight**2
    similarity = ((2 * mx * my + c1) * (2 * covariance + c2)) / (
        (mx * mx + my * my + c1) * (variances + c2)
    )
    return (similarity * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))


def daala_taps(height: int) -> np.ndarray:
    """Gives daala's window along one axis for images of a height.

    Returns:
        float64 array of odd length holding whole numbers of sum 256.
    """
    sigma = height * _SIGMA_OF_HEIGHT
    # The window ends where a tap would be less than a half.
    edge = math.sqrt(math.pi / 2) * sigma / _WEIGHT
    reach = int(sigma * math.sqrt(-2 * math.log(edge))) if edge < 1 else 0
    distance = np.arange(1, reach + 1)
    scale = _WEIGHT / (math.sqrt(2 * math.pi) * sigma)
    side = np.floor(scale * np.exp(-(distance**2) / (2 * sigma**2)) + 0.5)
    centre = _WEIGHT - 2 * side.sum()
    return np.concatenate([side[::-1], [centre], side])


def _whole_luma(images: Any, border: int) -> np.ndarray:
    """Gives Y rounded to whole levels, without its border and channel axis."""
    levels = np.asarray(inner_luma(images, border))[..., 0]
    return np.round(levels.astype(np.float64))


def _windowed(planes: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Sums what is under the window around each pixel, 0 outside."""
    reach = len(taps) // 2
    planes = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)))
    for axis in (1, 2):
        planes = sliding_window_view(planes, len(taps), axis) @ taps
    return planes
