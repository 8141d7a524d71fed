"""Operations of the degradation: blur, resizing, noise, JPEG.

Each operation takes one image and not a batch, because every image of a
batch is resized to a size of its own; `tf.data` runs many in parallel. An
image is a float32 tensor of shape `(height, width, 3)`, RGB, 0..255; results
are clipped to that range. Parameters may be scalar tensors. Results depend on
the seed only, eagerly and in a graph.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

METHODS = ("area", "bilinear", "bicubic")
# Period of JPEG's grid with subsampled chroma, in pixels.
JPEG_PERIOD = 16


def checked_hr(hr: Any, scale: int) -> tf.Tensor:
    """Converts an HR image to float32 and checks its size.

    Args:
        hr: uint8 or float32 tensor of shape `(height, width, 3)`, 0..255.
        scale: Ratio of the resolutions.

    Raises:
        tf.errors.InvalidArgumentError: If height or width is no multiple of
            the scale.
    """
    hr = tf.ensure_shape(tf.cast(hr, tf.float32), [None, None, 3])
    tf.debugging.assert_equal(
        tf.shape(hr)[:2] % scale,
        0,
        f"a size is no multiple of the scale {scale}",
    )
    return hr


def blur(image: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves each channel with a kernel; the borders are mirrored.

    Uses a Fourier transform, which for the usual kernels of up to 21 x 21
    pixels is several times faster than a direct convolution.

    Args:
        image: Shape `(height, width, 3)`, 0..255.
        kernel: Shape `(size, size)`, odd, sum 1.

    Returns:
        Tensor of the image's shape.
    """
    height, width = tf.unstack(tf.shape(image)[:2])
    margin = tf.shape(kernel)[0] // 2
    padded = _mirrored(image, (margin, margin), (margin, margin))
    needed = tf.shape(padded)[:2]
    # Lengths without a large prime factor transform fastest.
    lengths = (needed + 15) // 16 * 16
    planes = tf.transpose(padded, [2, 0, 1])
    spectrum = tf.signal.rfft2d(planes, lengths)
    spectrum *= tf.signal.rfft2d(kernel, lengths)
    blurred = tf.signal.irfft2d(spectrum, lengths)
    # Circular convolution spoils only rows and columns of the margin.
    inner = blurred[:, 2 * margin :, 2 * margin :][:, :height, :width]
    return _clipped(tf.transpose(inner, [1, 2, 0]), image.shape)


def resize(image: tf.Tensor, size: Any, method: str) -> tf.Tensor:
    """Resizes without antialiasing.

    Args:
        image: Shape `(height, width, 3)`, 0..255.
        size: New height and width, in pixels, int32 of shape `(2,)`.
        method: One of `METHODS`.

    Returns:
        Tensor of shape `(*size, 3)`.
    """
    resized = tf.image.resize(image, size, method)
    return tf.clip_by_value(resized, 0.0, 255.0)


def gaussian_noise(
    image: tf.Tensor, sigma: Any, gray: Any, seed: tf.Tensor
) -> tf.Tensor:
    """Adds Gaussian noise, of the same strength at every level.

    Args:
        image: Shape `(height, width, 3)`, 0..255.
        sigma: Standard deviation, in gray levels.
        gray: True to add the same to all channels of a pixel.
        seed: int32 of shape `(2,)`.

    Returns:
        Tensor of the image's shape.
    """
    height, width = tf.unstack(tf.shape(image)[:2])
    channels = tf.where(gray, 1, 3)
    noise = tf.random.stateless_normal([height, width, channels], seed)
    return _clipped(image + sigma * noise, image.shape)


def poisson_noise(
    image: tf.Tensor, scale: Any, gray: Any, seed: tf.Tensor
) -> tf.Tensor:
    """Adds Poisson noise, of a sensor that counts one photon per gray level.

    Args:
        image: Shape `(height, width, 3)`, 0..255.
        scale: Factor of the noise; its variance is `scale**2` times the level.
        gray: True to add the same to all channels of a pixel, drawn for its
            luminance.
        seed: int32 of shape `(2,)`.

    Returns:
        Tensor of the image's shape.
    """
    level = tf.cond(
        tf.convert_to_tensor(gray),
        lambda: tf.image.rgb_to_grayscale(image),
        lambda: image,
    )
    photons = tf.random.stateless_poisson(
        tf.shape(level), seed, level, tf.float32
    )
    return _clipped(image + scale * (photons - level), image.shape)


def jpeg(image: tf.Tensor, quality: Any, start: Any = (0, 0)) -> tf.Tensor:
    """Compresses with libjpeg, with subsampled chroma, and decodes the result.

    Args:
        image: Shape `(height, width, 3)`, 0..255; rounded to whole levels.
        quality: libjpeg's, an integer from 1 to 100.
        start: Offset of the image in JPEG's grid of blocks, in rows and
            columns, int32 of shape `(2,)`, from 0. A patch of a compressed
            photograph can start anywhere in the grid.

    Returns:
        Tensor of the image's shape, of whole levels.
    """
    padded = _mirrored(image, start, (0, 0))
    levels = tf.cast(tf.round(padded), tf.uint8)
    decoded = tf.image.adjust_jpeg_quality(
        levels, quality, dct_method="INTEGER_ACCURATE"
    )
    inner = decoded[start[0] :, start[1] :]
    return tf.ensure_shape(tf.cast(inner, tf.float32), image.shape)


def _mirrored(image: tf.Tensor, before: Any, after: Any) -> tf.Tensor:
    """Pads rows and columns symmetrically, repeatedly if need be."""
    for axis in (0, 1):
        length = tf.shape(image)[axis]
        position = tf.range(-before[axis], length + after[axis]) % (2 * length)
        position = tf.minimum(position, 2 * length - 1 - position)
        image = tf.gather(image, position, axis=axis)
    return image


def _clipped(image: tf.Tensor, shape: tf.TensorShape) -> tf.Tensor:
    return tf.clip_by_value(tf.ensure_shape(image, shape), 0.0, 255.0)
