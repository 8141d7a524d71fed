"""How hard a image is degraded for blind training.

Every number is that of Real-ESRGAN's x4plus model: Wang et al. 2021, section
4.1, and what the paper leaves open (resizing, cutoffs, anisotropic kernels)
from the official program's option file `train_realesrgan_x4plus.yml` and its
`realesrgan_dataset.py`. To weaken them, replace some:

    BlindSettings(
        first=PassSettings(gaussian_sigma=(1.0, 10.0)),
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
    """Checks each field of a settings dataclass against its rule."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if "holds" in field.metadata and not field.metadata["holds"](value):
                raise UserError(
                    f"{field.name} is {value}, not {field.metadata['rule']}"
                )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PassSettings(_Checked):
    """One of the two passes; the defaults are those of the first.

    Attributes:
        blur_probability: How often there is a blur.
        blur_sigma: Range of the standard deviations, in pixels.
        up_keep_down: Shares of upscaling, keeping and shrinking.
        resize_factor: Most that is shrunk and most that is upscaled. The
            second pass's are against the final size.
        gaussian_probability: Share of Gaussian noise; the rest is Poisson's.
        gaussian_sigma: Range of the standard deviation, in grey levels.
        poisson_scale: Range of the factor of Poisson noise.
        grey_probability: Share of noise that is alike in all channels.
        jpeg_quality: Range of libjpeg's quality, in integers.
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
    grey_probability: float = _probability(0.4)
    jpeg_quality: tuple[int, int] = _whole_range((30, 95), 1, 100)


SECOND_PASS = PassSettings(
    blur_probability=0.8,
    blur_sigma=(0.2, 1.5),
    up_keep_down=(0.3, 0.3, 0.4),
    resize_factor=(0.3, 1.2),
    gaussian_sigma=(1.0, 25.0),
    poisson_scale=(0.05, 2.5),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BlindSettings(_Checked):
    """Both passes, and what they share.

    Attributes:
        first: The pass at the high resolution.
        second: The pass towards the low resolution.
        kernel_radius: Range of (size - 1) / 2 of all kernels, in pixels.
        kernel_shares: Shares of the blur kernels: Gaussian, generalised
            Gaussian and plateau, each isotropic, then anisotropic.
        generalised_shape: Range of the generalised Gaussian's shape. Half of
            the draws are at most 1, a Gaussian's, and half at least 1.
        plateau_shape: The same of the plateau.
        sinc_probability: Share of blurs that are a sinc filter.
        sinc_cutoff: Range of its cutoff, in radians per pixel.
        final_sinc_probability: How often a sinc filter ends the degradation.
        final_sinc_cutoff: Range of its cutoff, in radians per pixel.
        jpeg_last_probability: How often the second JPEG comes after the final
            resizing and sinc filter, not before.
    """

    first: PassSettings = PassSettings()
    second: PassSettings = SECOND_PASS
    kernel_radius: tuple[int, int] = _whole_range((3, 10), 0, 100)
    kernel_shares: tuple[float, ...] = _shares(
        0.45, 0.25, 0.12, 0.03, 0.12, 0.03
    )
    generalised_shape: tuple[float, float] = _range((0.5, 4.0), 0.1, 10.0)
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
