"""Seeded, named degradations of test sets, as those of real photographs.

LR images are made by Pillow's antialiased bicubic, and degraded in NumPy and
Pillow, so they are independent of the degradations of training. Noise is
seeded by the image's name: it is the same in every run and for every model.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageFilter

from gancore.errors import UserError

# Maps an LR image, uint8 of shape `(height, width, channels)`.
Degradation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Compresses as JPEG with Pillow's defaults and decodes the result."""
    file = io.BytesIO()
    _pillow(image).save(file, "JPEG", quality=quality)
    with Image.open(file) as decoded:
        return np.asarray(decoded).reshape(image.shape)


def add_noise(
    image: np.ndarray, sigma: float, random: np.random.Generator
) -> np.ndarray:
    """Adds Gaussian noise of a standard deviation, in levels, and rounds."""
    noisy = image + random.normal(0.0, sigma, image.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs by Pillow's approximate Gaussian of a sigma, in pixels."""
    blurred = _pillow(image).filter(ImageFilter.GaussianBlur(sigma))
    return np.asarray(blurred).reshape(image.shape)


DEGRADATIONS: dict[str, Degradation] = {
    "clean": lambda lr, random: lr,
    "jpeg75": lambda lr, random: jpeg(lr, 75),
    "jpeg40": lambda lr, random: jpeg(lr, 40),
    "noise10_jpeg75": lambda lr, random: jpeg(add_noise(lr, 10, random), 75),
    "blur_noise_jpeg60": lambda lr, random: jpeg(
        add_noise(blur(lr, 0.7), 5, random), 60
    ),
}


def degraded_lr(
    hr: np.ndarray, scale: int, degradation: str, name: str = ""
) -> np.ndarray:
    """Downscales an HR image by Pillow's bicubic and degrades the result.

    Args:
        hr: uint8 array of shape `(height, width, channels)` with 3 channels
            or 1, height and width multiples of the scale.
        scale: Ratio of the resolutions.
        degradation: One of `DEGRADATIONS`.
        name: Name of the image, which seeds the noise.

    Returns:
        uint8 array of shape `(height/scale, width/scale, channels)`.

    Raises:
        UserError: If there is no such degradation.
    """
    if degradation not in DEGRADATIONS:
        raise UserError(
            f"there is no degradation {degradation}; known are "
            f"{', '.join(DEGRADATIONS)}"
        )
    size = hr.shape[1] // scale, hr.shape[0] // scale
    small = _pillow(hr).resize(size, Image.Resampling.BICUBIC)
    lr = np.asarray(small).reshape(size[1], size[0], hr.shape[2])
    random = np.random.default_rng(zlib.crc32(f"{degradation}/{name}".encode()))
    return DEGRADATIONS[degradation](lr, random)


def flat_field_noise(
    method: Callable[[np.ndarray], np.ndarray],
    sigma: float = 10.0,
    level: int = 128,
    size: int = 96,
) -> float:
    """Computes the noise that is left of a noisy image of one color.

    Args:
        method: Maps an LR image to an SR image, both uint8.
        sigma: Standard deviation of the noise, in gray levels.
        level: The gray level.
        size: Side of the LR image, in pixels, more than 32.

    Returns:
        Standard deviation of the SR image's luminance, in gray levels, without
        a border of 16 LR pixels.
    """
    flat = np.full((size, size, 3), level, np.uint8)
    sr = method(add_noise(flat, sigma, np.random.default_rng(0)))
    border = 16 * (sr.shape[0] // size)
    inner = sr[border:-border, border:-border].astype(np.float64)
    return float(inner.std())


def lattice_peak(images: Sequence[np.ndarray], scale: int) -> float:
    """Computes how far a lattice at the LR pixels' pitch stands out.

    Args:
        images: SR images, uint8, shape `(height, width, channels)`, with sides
            of at least 16 times the scale.
        scale: Pitch of an LR pixel in an SR image.

    Returns:
        Amplitude at the frequency 1 / scale along both axes and their
        diagonal, as a multiple of the median amplitude around them; the
        largest of the three, each the mean over all images. About 1 without
        a lattice.
    """
    ratios = np.mean([_peaks(image, scale) for image in images], axis=0)
    return float(ratios.max())


def tint(sr: np.ndarray) -> float:
    """Computes the largest difference of two channels of a pixel.

    Args:
        sr: SR image of a gray image, uint8, shape `(height, width, channels)`.

    Returns:
        Gray levels; 0 where gray stays gray.
    """
    channels = sr.astype(np.int32)
    return float((channels.max(axis=-1) - channels.min(axis=-1)).max())


def _peaks(image: np.ndarray, scale: int) -> list[float]:
    """Returns the ratios of amplitudes, vertical, horizontal and diagonal."""
    height, width = (side // scale * scale for side in image.shape[:2])
    gray = image[:height, :width].astype(np.float64).mean(axis=-1)
    # A window, or the jump from the last row to the first is in all of them.
    gray = (gray - gray.mean()) * np.outer(
        np.hanning(height), np.hanning(width)
    )
    amplitude = np.abs(np.fft.fft2(gray))
    down, across = height // scale, width // scale
    ratios = []
    for row, column in ((down, 0), (0, across), (down, across)):
        rows = (row + np.arange(-6, 7)) % height
        columns = (column + np.arange(-6, 7)) % width
        around = amplitude[np.ix_(rows, columns)]
        far = np.ones_like(around, dtype=bool)
        far[4:9, 4:9] = False
        ratios.append(float(around[6, 6] / max(np.median(around[far]), 1e-9)))
    return ratios


def _pillow(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
