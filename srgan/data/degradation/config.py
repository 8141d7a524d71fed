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
from collections.abc import Callable
from typing import Any

from gancore.errors import UserError


def _field(default: Any, rule: str, holds: Callable[[Any], bool]) -> Any:
    return dataclasses.field(
        default=default, metadata={"rule": rule, "holds": holds}
    )


def _range(default: tuple[float, float], low: float, high: float) -> Any:
    return _field(
        default,
        f"a range within {low:g}..{high:g}",
        lambda pair: len(pair) == 2 and low <= pair[0] <= pair[1] <= high,
    )


def _whole_range(default: tuple[int, int], low: int, high: int) -> Any:
    return _field(
        default,
        f"a range of integers within {low}..{high}",
        lambda pair: (
            len(pair) == 2
            and all(isinstance(end, int) for end in pair)
            and low <= pair[0] <= pair[1] <= high
        ),
    )


def _probability(default: float) -> Any:
    return _field(
        default, "a probability from 0 to 1", lambda share: 0 <= share <= 1
    )


def _shares(*default: float) -> Any:
    return _field(
        default,
        f"{len(default)} shares that sum to 1",
        lambda shares: (
            len(shares) == len(default)
            and min(shares) >= 0
            and math.isclose(sum(shares), 1, abs_tol=1e-6)
        ),
    )


class _Checked:
    """Base of a dataclass that checks each field against its rule."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if "holds" in field.metadata and not field.metadata["holds"](value):
                raise UserError(
                    f"{field.name} is {value}, not {field.metadata['rule']}"
                )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DegradationPassConfig(_Checked):
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

    blur_probability: float = _probability(1.0)
    blur_sigma: tuple[float, float] = _range((0.2, 3.0), 0.01, 100.0)
    up_keep_down: tuple[float, float, float] = _shares(0.2, 0.1, 0.7)
    resize_factor: tuple[float, float] = _field(
        (0.15, 1.5),
        "a range within 0.01..10 that holds 1",
        lambda pair: len(pair) == 2 and 0.01 <= pair[0] <= 1 <= pair[1] <= 10,
    )
    gaussian_probability: float = _probability(0.5)
    gaussian_sigma: tuple[float, float] = _range((1.0, 30.0), 0.0, 255.0)
    poisson_scale: tuple[float, float] = _range((0.05, 3.0), 0.0, 100.0)
    gray_probability: float = _probability(0.4)
    jpeg_quality: tuple[int, int] = _whole_range((30, 95), 1, 100)


SECOND_PASS = DegradationPassConfig(
    blur_probability=0.8,
    blur_sigma=(0.2, 1.5),
    up_keep_down=(0.3, 0.3, 0.4),
    resize_factor=(0.3, 1.2),
    gaussian_sigma=(1.0, 25.0),
    poisson_scale=(0.05, 2.5),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DegradationConfig(_Checked):
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
    kernel_radius: tuple[int, int] = _whole_range((3, 10), 0, 100)
    kernel_shares: tuple[float, ...] = _shares(
        0.45, 0.25, 0.12, 0.03, 0.12, 0.03
    )
    generalized_shape: tuple[float, float] = _range((0.5, 4.0), 0.1, 10.0)
    plateau_shape: tuple[float, float] = _range((1.0, 2.0), 0.1, 10.0)
    sinc_probability: float = _probability(0.1)
    sinc_cutoff: tuple[float, float] = _range(
        (math.pi / 5, math.pi), 0.01, math.pi
    )
    final_sinc_probability: float = _probability(0.8)
    final_sinc_cutoff: tuple[float, float] = _range(
        (math.pi / 3, math.pi), 0.01, math.pi
    )
    jpeg_last_probability: float = _probability(0.5)
