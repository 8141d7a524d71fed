"""Strength of the random degradation of blind training.

All defaults are those of Real-ESRGAN's x4plus model: Wang et al. 2021, section
4.1, and what the paper leaves open (resizing, cutoffs, anisotropic kernels)
from the official program's option file `train_realesrgan_x4plus.yml` and its
`realesrgan_dataset.py`. For a weaker degradation, replace some:

    DegradationConfig(
        first=DegradationPassConfig(gaussian_sigma=(1.0, 10.0)),
        second=dataclasses.replace(SECOND_PASS, blur_probability=0.0),
    )
"""

from __future__ import annotations

import dataclasses
import math

from srgan.data.degradation.checks import (
    Checked,
    checked_field,
    probability,
    shares,
    value_range,
    whole_range,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DegradationPassConfig(Checked):
    """Config of one of the two passes; the defaults are those of the first.

    Attributes:
        blur_probability: Probability of a blur.
        blur_sigma: Range of the standard deviations, in pixels.
        up_keep_down: Shares of upscaling, keeping and downscaling.
        resize_factor: Least and greatest factor; in the second pass relative
            to the LR size.
        gaussian_probability: Probability of Gaussian noise; else the noise is
            Poisson's.
        gaussian_sigma: Range of the standard deviation, in gray levels.
        poisson_scale: Range of the factor of Poisson noise.
        gray_probability: Probability of noise that is equal in all channels.
        jpeg_quality: Range of libjpeg's quality, in integers.

    Raises:
        UserError: If a value is out of its range.
    """

    blur_probability: float = probability(1.0)
    blur_sigma: tuple[float, float] = value_range((0.2, 3.0), 0.01, 100.0)
    up_keep_down: tuple[float, float, float] = shares(0.2, 0.1, 0.7)
    resize_factor: tuple[float, float] = checked_field(
        (0.15, 1.5),
        "a range within 0.01..10 that holds 1",
        lambda pair: len(pair) == 2 and 0.01 <= pair[0] <= 1 <= pair[1] <= 10,
    )
    gaussian_probability: float = probability(0.5)
    gaussian_sigma: tuple[float, float] = value_range((1.0, 30.0), 0.0, 255.0)
    poisson_scale: tuple[float, float] = value_range((0.05, 3.0), 0.0, 100.0)
    gray_probability: float = probability(0.4)
    jpeg_quality: tuple[int, int] = whole_range((30, 95), 1, 100)


SECOND_PASS = DegradationPassConfig(
    blur_probability=0.8,
    blur_sigma=(0.2, 1.5),
    up_keep_down=(0.3, 0.3, 0.4),
    resize_factor=(0.3, 1.2),
    gaussian_sigma=(1.0, 25.0),
    poisson_scale=(0.05, 2.5),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DegradationConfig(Checked):
    """Config of both passes, and of what they share.

    Attributes:
        first: The pass at the HR size.
        second: The pass towards the LR size.
        kernel_radius: Range of (size - 1) / 2 of all kernels, in pixels.
        kernel_shares: Shares of the blur kernels: Gaussian, generalized
            Gaussian and plateau, each isotropic, then anisotropic.
        generalized_shape: Range of the generalized Gaussian's shape. Half of
            the draws are at most 1, a Gaussian's, and half at least 1.
        plateau_shape: The same of the plateau.
        sinc_probability: Probability that a blur is a sinc filter.
        sinc_cutoff: Range of its cutoff, in radians per pixel.
        final_sinc_probability: Probability of a final sinc filter.
        final_sinc_cutoff: Range of its cutoff, in radians per pixel.
        jpeg_last_probability: Probability that the second JPEG follows the
            final resizing and sinc filter instead of preceding them.

    Raises:
        UserError: If a value is out of its range.
    """

    first: DegradationPassConfig = DegradationPassConfig()
    second: DegradationPassConfig = SECOND_PASS
    kernel_radius: tuple[int, int] = whole_range((3, 10), 0, 100)
    kernel_shares: tuple[float, ...] = shares(
        0.45, 0.25, 0.12, 0.03, 0.12, 0.03
    )
    generalized_shape: tuple[float, float] = value_range((0.5, 4.0), 0.1, 10.0)
    plateau_shape: tuple[float, float] = value_range((1.0, 2.0), 0.1, 10.0)
    sinc_probability: float = probability(0.1)
    sinc_cutoff: tuple[float, float] = value_range(
        (math.pi / 5, math.pi), 0.01, math.pi
    )
    final_sinc_probability: float = probability(0.8)
    final_sinc_cutoff: tuple[float, float] = value_range(
        (math.pi / 3, math.pi), 0.01, math.pi
    )
    jpeg_last_probability: float = probability(0.5)
