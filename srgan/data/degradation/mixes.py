"""Named mixes of degradations whose operations are gated.

Each operation happens in a share of the images only, so part of a training
stays clean and the network keeps its quality on clean images. `MIXES` maps the
values of `--degradation` to their configs:

- `mild`: what a camera and one saving as JPEG do. Light blur, noise of sigma 1
  to 14, JPEG 35 to 95.
- `real`: also what is sent and saved again. Stronger blur, noise up to sigma
  25, and in a part of the images a resizing in between and a second JPEG with
  another grid.
"""

from __future__ import annotations

import dataclasses

from srgan.data.degradation.checks import (
    Checked,
    checked_field,
    probability,
    shares,
    value_range,
    whole_range,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixConfig(Checked):
    """Config of a mix; the defaults are those of `mild`.

    Operations happen in this order, independently of each other: blur,
    downscaling, noise, JPEG, resizing and a second JPEG.

    Attributes:
        downscaling_shares: Shares of the ways to downscale: MATLAB's bicubic,
            antialiased bicubic without rounding in between (as in Pillow),
            antialiased bilinear, and the mean of areas (as OpenCV's).
        blur_probability: Probability of a Gaussian blur at the HR size.
        blur_sigma: Range of its standard deviations, in LR pixels. Half of
            the kernels are anisotropic.
        noise_probability: Probability of Gaussian noise.
        noise_sigma: Range of its standard deviation, in gray levels.
        gray_probability: Probability that noise is equal in all channels.
        jpeg_probability: Probability of JPEG compression.
        jpeg_quality: Range of libjpeg's quality, in integers.
        again_probability: Probability that an image is compressed at another
            size before, and then resized to the LR size and compressed again.
        again_factor: Range of that size, relative to the LR size.

    Raises:
        UserError: If a value is out of its range.
    """

    downscaling_shares: tuple[float, ...] = shares(0.4, 0.3, 0.1, 0.2)
    blur_probability: float = probability(0.2)
    blur_sigma: tuple[float, float] = value_range((0.1, 0.6), 0.01, 10.0)
    noise_probability: float = probability(0.4)
    noise_sigma: tuple[float, float] = value_range((1.0, 14.0), 0.0, 255.0)
    gray_probability: float = probability(0.4)
    jpeg_probability: float = probability(0.6)
    jpeg_quality: tuple[int, int] = whole_range((35, 95), 1, 100)
    again_probability: float = probability(0.0)
    again_factor: tuple[float, float] = checked_field(
        (0.7, 1.6),
        "a range within 0.1..4",
        lambda pair: len(pair) == 2 and 0.1 <= pair[0] <= pair[1] <= 4,
    )


MIXES = {
    "mild": MixConfig(),
    "real": MixConfig(
        blur_sigma=(0.1, 0.9),
        noise_sigma=(1.0, 25.0),
        again_probability=0.15,
    ),
}
