"""Random degradation by a mix of gated operations."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from srgan.data import bicubic
from srgan.data.degradation.draws import Draws, Operation, only_if
from srgan.data.degradation.kernels import gaussian_kernel
from srgan.data.degradation.mixes import MixConfig
from srgan.data.degradation.operations import (
    JPEG_PERIOD,
    blur,
    checked_hr,
    gaussian_noise,
    jpeg,
)


def degrade_mixed(
    hr: Any, scale: int, seed: Any, config: MixConfig | None = None
) -> tf.Tensor:
    """Degrades an HR image to an LR image, or only downscales it.

    Args:
        hr: uint8 or float32 tensor of shape `(height, width, 3)`, RGB,
            0..255, height and width multiples of the scale, not 0.
        scale: Ratio of the resolutions.
        seed: int32 of shape `(2,)`, seeds all random parameters.
        config: The mix, by default `mild`.

    Returns:
        float32 tensor of shape `(height/scale, width/scale, 3)`, integers in
        0..255, aligned with the HR image.

    Raises:
        tf.errors.InvalidArgumentError: If height or width is no multiple of
            the scale.
    """
    config = config or MixConfig()
    hr = checked_hr(hr, scale)
    lr_size = tf.shape(hr)[:2] // scale
    draw_seed, noise_seed = tf.unstack(tf.random.split(seed, 2))
    draws = Draws(draw_seed)

    again = draws.chance(config.again_probability)
    factor = draws.between(*config.again_factor)
    blurred = _blur(draws, config, scale)
    downscaled = _downscale(draws, config, scale)
    noised = _noise(draws, config, noise_seed)
    compressed = _jpeg(draws, config, config.jpeg_probability)
    # An image that is saved twice was also compressed before.
    first_jpeg, last_jpeg = (_jpeg(draws, config, 1.0) for _ in range(2))
    other_size = tf.maximum(
        tf.cast(tf.cast(lr_size, tf.float32) * factor, tf.int32), 1
    )

    def saved_twice(image: tf.Tensor) -> tf.Tensor:
        image = first_jpeg(noised(_antialiased(image, other_size, "bicubic")))
        return last_jpeg(tf.round(_antialiased(image, lr_size, "bicubic")))

    def saved_once(image: tf.Tensor) -> tf.Tensor:
        return compressed(noised(downscaled(image)))

    image = blurred(hr)
    image = tf.cond(
        again, lambda: saved_twice(image), lambda: saved_once(image)
    )
    height, width = (side and side // scale for side in hr.shape[:2])
    return tf.ensure_shape(tf.round(image), [height, width, 3])


def _blur(draws: Draws, config: MixConfig, scale: int) -> Operation:
    happens = draws.chance(config.blur_probability)
    sigma, other = (draws.between(*config.blur_sigma) for _ in range(2))
    angle = draws.between(-math.pi, math.pi)
    sigmas = (
        scale * sigma,
        scale * tf.where(draws.chance(0.5), other, sigma),
    )
    # Beyond three standard deviations nothing is left.
    size = 2 * math.ceil(3 * scale * config.blur_sigma[1]) + 1
    return only_if(
        happens,
        lambda image: blur(image, gaussian_kernel(size, sigmas, angle)),
    )


def _downscale(draws: Draws, config: MixConfig, scale: int) -> Operation:
    """Downscales in one of the usual ways."""
    way = draws.pick(config.downscaling_shares)

    def downscaled(image: tf.Tensor) -> tf.Tensor:
        size = tf.shape(image)[:2] // scale
        return tf.switch_case(
            way,
            [
                lambda: _matlab(image, scale),
                lambda: _antialiased(image, size, "bicubic"),
                lambda: _antialiased(image, size, "bilinear"),
                lambda: tf.image.resize(image, size, "area"),
            ],
        )

    return downscaled


def _matlab(image: tf.Tensor, scale: int) -> tf.Tensor:
    for axis in (-3, -2):
        image = bicubic.resize(image, 1 / scale, axis)
    return tf.cast(image, tf.float32)


def _antialiased(image: tf.Tensor, size: tf.Tensor, method: str) -> tf.Tensor:
    resized = tf.image.resize(image, size, method, antialias=True)
    return tf.clip_by_value(resized, 0.0, 255.0)


def _noise(draws: Draws, config: MixConfig, seed: tf.Tensor) -> Operation:
    happens = draws.chance(config.noise_probability)
    sigma = draws.between(*config.noise_sigma)
    gray = draws.chance(config.gray_probability)
    return only_if(
        happens, lambda image: gaussian_noise(image, sigma, gray, seed)
    )


def _jpeg(draws: Draws, config: MixConfig, probability: float) -> Operation:
    happens = draws.chance(probability)
    quality = draws.whole(*config.jpeg_quality)
    start = [draws.whole(0, JPEG_PERIOD - 1) for _ in range(2)]
    return only_if(happens, lambda image: jpeg(image, quality, start))
