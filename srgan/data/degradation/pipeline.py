"""Random degradation of photographs, for super-resolution of real ones.

A network trained on bicubic downscaling only upscales the noise and the JPEG
blocks of a real photograph as well. Here an image is blurred, resized, noised
and compressed twice, with random parameters, as a photograph is that is taken,
downscaled, sent and saved again.

Differences from the official program:
    - JPEG is libjpeg's, of integer quality, and its grid of blocks starts
      anywhere, as in a patch cut from a larger photograph.
    - Poisson noise counts 255 photons at white; that program counts as many
      as the image has levels, rounded up to a power of two.
    - Results are clipped to 0..255 after each operation, as in a file.
    - Bicubic is Keys' with a = -0.5, not -0.75, and padding is symmetric.
    - HR images are not sharpened.

Reference:
    - [Wang et al. 2021](https://arxiv.org/abs/2107.10833), Real-ESRGAN,
      section 3 and figure 2
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import tensorflow as tf

from srgan.data.degradation.config import (
    DegradationConfig,
    DegradationPassConfig,
)
from srgan.data.degradation.draws import Draws, Operation, only_if
from srgan.data.degradation.kernels import (
    gaussian_kernel,
    plateau_kernel,
    sinc_kernel,
)
from srgan.data.degradation.operations import (
    JPEG_PERIOD,
    METHODS,
    blur,
    checked_hr,
    gaussian_noise,
    jpeg,
    poisson_noise,
    resize,
)

# Smaller kernels cannot represent a low cutoff; the official program draws
# theirs from here.
_SMALL_KERNEL = 13
_SMALL_KERNEL_CUTOFF = math.pi / 3


def degrade(
    hr: Any,
    scale: int,
    seed: Any,
    config: DegradationConfig | None = None,
) -> tf.Tensor:
    """Degrades an HR image to an LR image.

    Args:
        hr: uint8 or float32 tensor of shape `(height, width, 3)`, RGB,
            0..255, height and width multiples of the scale, not 0.
        scale: Ratio of the resolutions.
        seed: int32 of shape `(2,)`, seeds all random parameters.
        config: Strength; by default the published one.

    Returns:
        float32 tensor of shape `(height/scale, width/scale, 3)`, integers in
        0..255, aligned with the HR image.

    Raises:
        tf.errors.InvalidArgumentError: If height or width is no multiple of
            the scale.
    """
    config = config or DegradationConfig()
    hr = checked_hr(hr, scale)
    hr_size = tf.shape(hr)[:2]
    lr_size = hr_size // scale
    draw_seed, first_seed, second_seed = tf.unstack(tf.random.split(seed, 3))
    draws = Draws(draw_seed)

    first, second = config.first, config.second
    jpeg_last = draws.chance(config.jpeg_last_probability)
    second_jpeg = _random_jpeg(draws, second)
    image = hr
    for operation in (
        _random_blur(draws, first, config),
        _random_resize(draws, first, hr_size),
        _random_noise(draws, first, first_seed),
        _random_jpeg(draws, first),
        _random_blur(draws, second, config),
        _random_resize(draws, second, lr_size),
        _random_noise(draws, second, second_seed),
        only_if(~jpeg_last, second_jpeg),
        _random_method(draws, lr_size),
        _random_ringing(draws, config),
        only_if(jpeg_last, second_jpeg),
    ):
        image = operation(image)
    height, width = (side and side // scale for side in hr.shape[:2])
    return tf.ensure_shape(tf.round(image), [height, width, 3])


def _random_blur(
    draws: Draws, pass_config: DegradationPassConfig, config: DegradationConfig
) -> Operation:
    size = 2 * draws.whole(*config.kernel_radius) + 1
    kind = draws.pick(config.kernel_shares)
    sigma, other = (draws.between(*pass_config.blur_sigma) for _ in range(2))
    # Odd kinds are anisotropic.
    sigmas = sigma, tf.where(kind % 2 == 1, other, sigma)
    angle = draws.between(-math.pi, math.pi)
    peak = _random_shape(draws, *config.generalized_shape)
    plateau = _random_shape(draws, *config.plateau_shape)
    low, high = config.sinc_cutoff
    small_low = min(max(low, _SMALL_KERNEL_CUTOFF), high)
    cutoff = draws.between(tf.where(size < _SMALL_KERNEL, small_low, low), high)
    family = tf.where(draws.chance(config.sinc_probability), 3, kind // 2)
    happens = draws.chance(pass_config.blur_probability)

    def kernel() -> tf.Tensor:
        return tf.switch_case(
            family,
            [
                lambda: gaussian_kernel(size, sigmas, angle),
                lambda: gaussian_kernel(size, sigmas, angle, peak),
                lambda: plateau_kernel(size, sigmas, angle, plateau),
                lambda: sinc_kernel(size, cutoff),
            ],
        )

    return only_if(happens, lambda image: blur(image, kernel()))


def _random_shape(draws: Draws, low: float, high: float) -> tf.Tensor:
    """Draws a kernel's shape, half of the time up to 1, a Gaussian's."""
    middle = min(max(low, 1.0), high)
    up_to, above = draws.between(low, middle), draws.between(middle, high)
    return tf.where(draws.chance(0.5), up_to, above)


def _random_resize(
    draws: Draws, pass_config: DegradationPassConfig, size: tf.Tensor
) -> Operation:
    least, most = pass_config.resize_factor
    factors = draws.between(1.0, most), 1.0, draws.between(least, 1.0)
    factor = tf.stack(factors)[draws.pick(pass_config.up_keep_down)]
    scaled = tf.cast(tf.cast(size, tf.float32) * factor, tf.int32)
    return _random_method(draws, tf.maximum(scaled, 1))


def _random_method(draws: Draws, size: tf.Tensor) -> Operation:
    """Resizes to a given size by a random method."""
    method = draws.whole(0, len(METHODS) - 1)

    def resized(image: tf.Tensor) -> tf.Tensor:
        branches = [partial(resize, image, size, name) for name in METHODS]
        return tf.switch_case(method, branches)

    return resized


def _random_noise(
    draws: Draws, pass_config: DegradationPassConfig, seed: tf.Tensor
) -> Operation:
    gaussian = draws.chance(pass_config.gaussian_probability)
    sigma = draws.between(*pass_config.gaussian_sigma)
    scale = draws.between(*pass_config.poisson_scale)
    gray = draws.chance(pass_config.gray_probability)
    return lambda image: tf.cond(
        gaussian,
        lambda: gaussian_noise(image, sigma, gray, seed),
        lambda: poisson_noise(image, scale, gray, seed),
    )


def _random_jpeg(draws: Draws, pass_config: DegradationPassConfig) -> Operation:
    quality = draws.whole(*pass_config.jpeg_quality)
    start = [draws.whole(0, JPEG_PERIOD - 1) for _ in range(2)]
    return lambda image: jpeg(image, quality, start)


def _random_ringing(draws: Draws, config: DegradationConfig) -> Operation:
    """Adds ringing at edges, as sharpening and compression do."""
    size = 2 * draws.whole(*config.kernel_radius) + 1
    cutoff = draws.between(*config.final_sinc_cutoff)
    return only_if(
        draws.chance(config.final_sinc_probability),
        lambda image: blur(image, sinc_kernel(size, cutoff)),
    )
