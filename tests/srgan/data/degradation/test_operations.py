import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage
from skimage.filters import gaussian
from skimage.measure import block_reduce

from srgan.data.degradation.kernels import gaussian_kernel
from srgan.data.degradation.operations import (
    METHODS,
    blur,
    gaussian_noise,
    jpeg,
    poisson_noise,
    resize,
)

RANDOM = np.random.default_rng(0)
SEED = tf.constant([3, 5])


def noise_image(height=19, width=30):
    return RANDOM.uniform(0, 255, (height, width, 3)).astype("float32")


def smooth_image(height=64, width=80):
    y, x = np.mgrid[:height, :width][..., None]
    waves = np.sin(x / 5 + np.arange(3)) + np.cos(y / 7) * np.sin(x * y / 900)
    return (128 + 55 * waves).astype("float32")


def plain(level, size=200):
    return np.full((size, size, 3), level, "float32")


OPERATIONS = {
    "blur": lambda image, seed: blur(
        image, gaussian_kernel(2 * (seed[0] % 4) + 3, (1.5, 0.6), 0.4)
    ),
    **{
        f"{method} {what}": lambda image, seed, method=method, change=change: (
            resize(image, tf.shape(image)[:2] + change * seed, method)
        )
        for method in METHODS
        for what, change in (("smaller", -2), ("larger", 3))
    },
    "Gaussian noise": lambda image, seed: gaussian_noise(
        image, 20.0, False, seed
    ),
    "gray Gaussian noise": lambda image, seed: gaussian_noise(
        image, 20.0, True, seed
    ),
    "Poisson noise": lambda image, seed: poisson_noise(image, 2.0, False, seed),
    "gray Poisson noise": lambda image, seed: poisson_noise(
        image, 2.0, True, seed
    ),
    "JPEG": lambda image, seed: jpeg(image, 20 * seed[0] - 9, seed),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_is_the_same_eager_and_in_a_dataset(name):
    operation, image = OPERATIONS[name], noise_image()
    seeds = tf.data.Dataset.from_tensor_slices([[1, 2], [3, 2], [4, 5]])

    def known(seed):
        return operation(tf.constant(image), seed)

    def unknown(seed):
        image_ = tf.numpy_function(lambda: image, [], tf.float32)
        return operation(tf.ensure_shape(image_, [None, None, 3]), seed)

    for data in (seeds.map(known), seeds.map(unknown)):
        assert data.element_spec.shape[-1] == 3
        for seed, result in zip(seeds, data, strict=True):
            assert result.dtype == tf.float32
            np.testing.assert_array_equal(result, np.clip(result, 0, 255))
            np.testing.assert_array_equal(result, known(seed))
    if not name.endswith(("smaller", "larger")):
        assert seeds.map(known).element_spec.shape == image.shape


@pytest.mark.parametrize("size", [(19, 30), (48, 33), (4, 3), (1, 1)])
def test_blur_equals_scipys_convolution_to_the_mirrored_borders(size):
    """With a kernel that is not even symmetric, on images that it exceeds."""
    image = noise_image(*size)
    kernel = RANDOM.uniform(0, 1, (13, 13)).astype("float32")
    kernel /= kernel.sum()
    expected = ndimage.convolve(image, kernel[..., None], mode="reflect")
    np.testing.assert_allclose(blur(image, kernel), expected, atol=2e-3)


def test_a_gaussian_blur_equals_scikit_images():
    image = noise_image()
    expected = gaussian(
        image, 1.7, mode="reflect", truncate=10 / 1.7, channel_axis=-1
    )
    ours = blur(image, gaussian_kernel(21, (1.7, 1.7)))
    np.testing.assert_allclose(ours, expected, atol=2e-3)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_a_constant_image_stays_constant(level):
    image = plain(level, 13)
    kernel = gaussian_kernel(21, (3.0, 1.0), 0.3)
    np.testing.assert_allclose(blur(image, kernel), image, atol=1e-3)
    for method in METHODS:
        for size in ([5, 40], [1, 1], [14, 12]):
            expected = np.full((*size, 3), level)
            resized = resize(image, size, method)
            np.testing.assert_allclose(resized, expected, atol=1e-3)


def test_area_is_the_mean_of_what_a_pixel_covers():
    image = noise_image(12, 16)
    np.testing.assert_allclose(
        resize(image, [4, 4], "area"),
        block_reduce(image, (3, 4, 1), np.mean),
        rtol=1e-5,
    )
    # Half of the pixel in the middle goes to either side.
    row = np.array([0, 30, 60], "float32")[None, :, None] + np.zeros(3)
    halves = resize(row.astype("float32"), [1, 2], "area")
    np.testing.assert_allclose(halves[0, :, 0], [10, 50], rtol=1e-6)


def test_bilinear_and_bicubic_use_their_neighbors_only():
    """A quarter of the size: the middle of four, and nothing else of it."""
    row = RANDOM.uniform(50, 200, 16).astype("float32")
    image = np.broadcast_to(row[None, :, None], (4, 16, 3))
    for method, taps in (
        ("bilinear", np.array([0, 1, 1, 0]) / 2),
        # Keys' kernel at distances 1.5, 0.5, 0.5, 1.5.
        ("bicubic", np.array([-1, 9, 9, -1]) / 16),
    ):
        expected = row.reshape(4, 4) @ taps
        resized = resize(image, [1, 4], method)
        np.testing.assert_allclose(resized[0, :, 0], expected, rtol=1e-4)


def test_gaussian_noise_has_its_standard_deviation():
    """Of 120,000 numbers it is off by 0.2 % (one sigma); 1 % is allowed."""
    for sigma in (1.0, 9.0, 30.0):
        noise = np.asarray(gaussian_noise(plain(127), sigma, False, SEED)) - 127
        assert noise.std() == pytest.approx(sigma, rel=0.01)
        assert abs(noise.mean()) < 4 * sigma / np.sqrt(noise.size)
        between = np.corrcoef(noise.reshape(-1, 3).T)
        np.testing.assert_allclose(between, np.eye(3), atol=0.025)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_poisson_noise_has_a_variance_in_proportion_to_the_level(scale):
    """Of 120,000 numbers it is off by 0.4 % (one sigma); 2 % is allowed."""
    for level in (40, 90, 160):
        noisy = np.asarray(poisson_noise(plain(level), scale, False, SEED))
        assert noisy.var() == pytest.approx(scale**2 * level, rel=0.02)
        error = 4 * scale * np.sqrt(level / noisy.size)
        assert noisy.mean() == pytest.approx(level, abs=error)
    black = plain(0)
    np.testing.assert_array_equal(
        poisson_noise(black, scale, False, SEED), black
    )


def test_poisson_noise_counts_photons():
    """Whole numbers, and the skewness 1 / sqrt(level) of Poisson's law."""
    noisy = np.asarray(poisson_noise(plain(20), 1.0, False, SEED))
    np.testing.assert_allclose(noisy, np.round(noisy), atol=1e-4)
    skewness = (((noisy - noisy.mean()) / noisy.std()) ** 3).mean()
    assert skewness == pytest.approx(20**-0.5, abs=0.03)


def test_gray_noise_is_equal_in_all_channels():
    image = np.broadcast_to([70.0, 110.0, 150.0], (150, 150, 3))
    image = image.astype("float32")
    for operation, deviation in (
        (gaussian_noise, 4.0),
        # Of the luminance of the image, by Rec. 601.
        (poisson_noise, np.sqrt(0.299 * 70 + 0.587 * 110 + 0.114 * 150)),
    ):
        strength = 4.0 if operation is gaussian_noise else 1.0
        noise = np.asarray(operation(image, strength, True, SEED)) - image
        np.testing.assert_allclose(noise[..., 1], noise[..., 0], atol=1e-4)
        np.testing.assert_allclose(noise[..., 2], noise[..., 0], atol=1e-4)
        assert noise[..., 0].std() == pytest.approx(deviation, rel=0.03)


@pytest.mark.parametrize("operation", [gaussian_noise, poisson_noise])
def test_the_seed_determines_the_noise(operation):
    def of(*seed):
        return np.asarray(operation(plain(100, 8), 3.0, False, list(seed)))

    np.testing.assert_array_equal(of(1, 2), of(1, 2))
    for other in (of(2, 2), of(1, 3)):
        assert np.mean(other != of(1, 2)) > 0.5


@pytest.mark.parametrize("quality", [10, 50, 75, 95])
def test_jpeg_equals_pillows(quality):
    image = np.round(np.clip(smooth_image(), 0, 255))
    file = io.BytesIO()
    Image.fromarray(image.astype("uint8")).save(
        file, "JPEG", quality=quality, subsampling="4:2:0"
    )
    expected = np.asarray(Image.open(file), float)
    assert np.abs(expected - image).max() > 3
    np.testing.assert_allclose(jpeg(image, quality), expected, atol=1)


def test_jpeg_loses_more_at_lower_quality():
    image = np.clip(smooth_image(), 0, 255)
    errors = [
        np.square(jpeg(image, quality) - image).mean()
        for quality in (100, 95, 80, 60, 40, 20, 5)
    ]
    assert errors == sorted(errors)
    assert errors[0] < 2 < 20 < errors[-1]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("start", [(0, 0), (3, 5), (15, 9)])
def test_jpeg_works_on_blocks_of_8_pixels_from_its_start(start, axis):
    """At quality 1 a gentle ramp becomes a staircase, the means of blocks."""
    ramp = 20 + 4.5 * np.indices((48, 48))[axis]
    gray = np.repeat(ramp[..., None], 3, axis=-1).astype("float32")
    result = np.asarray(jpeg(gray, 1, start))
    steps = np.diff(result, axis=axis)
    steps = np.moveaxis(steps, axis, 0).reshape(47, -1)
    edges = (np.arange(1, 48) + start[axis]) % 8 == 0
    assert np.abs(steps[~edges]).max() == 0
    # The blocks at both ends are cut, and may be like their neighbours.
    assert steps[edges][1:-1].min() > 0
