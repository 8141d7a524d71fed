import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage, special

from srgan.data.degradation.kernels import (
    gaussian_kernel,
    plateau_kernel,
    sinc_kernel,
)

ELONGATED = (2.0, 0.7), 0.6
KERNELS = {
    "gaussian": lambda size: gaussian_kernel(size, *ELONGATED),
    "generalized": lambda size: gaussian_kernel(size, *ELONGATED, 0.6),
    "plateau": lambda size: plateau_kernel(size, *ELONGATED, 1.7),
    "sinc": lambda size: sinc_kernel(size, 1.1),
}


@pytest.mark.parametrize("size", [1, 7, 21])
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_sum_to_1_and_do_not_shift(name, size):
    kernel = np.asarray(KERNELS[name](size))
    assert kernel.shape == (size, size)
    assert kernel.dtype == np.float32
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_are_the_same_eager_and_in_a_dataset(name):
    sizes = tf.data.Dataset.from_tensor_slices([7, 21])
    for size, kernel in zip(sizes, sizes.map(KERNELS[name]), strict=True):
        np.testing.assert_array_equal(kernel, KERNELS[name](size))


def covariance(kernel):
    """The second moments of a kernel, of (x, y), x to the right, y down."""
    kernel = np.asarray(kernel, float)
    y, x = np.mgrid[: len(kernel), : len(kernel)] - len(kernel) // 2
    places = np.stack([x, y])
    return np.einsum("aij,bij,ij->ab", places, places, kernel)


@pytest.mark.parametrize("angle", [0.0, 0.5, -2.0, math.pi / 2])
def test_a_gaussians_covariance_is_as_requested(angle):
    along, across = 3.0, 1.0
    first = np.array([math.cos(angle), math.sin(angle)])
    second = np.array([-math.sin(angle), math.cos(angle)])
    expected = along**2 * np.outer(first, first) + across**2 * np.outer(
        second, second
    )
    measured = covariance(gaussian_kernel(41, (along, across), angle))
    np.testing.assert_allclose(measured, expected, atol=1e-3)


def test_a_gaussian_equals_scipys():
    impulse = np.zeros((21, 21))
    impulse[10, 10] = 1
    expected = ndimage.gaussian_filter(impulse, 1.4, radius=10)
    np.testing.assert_allclose(
        gaussian_kernel(21, (1.4, 1.4)), expected, atol=1e-7
    )


@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_generalized_and_plateau_kernels_fall_off_by_their_formulas(shape):
    """Equations of section 3.1, two pixels from the center, sigma 1.5."""
    distance = (2 / 1.5) ** 2
    for make, expected in (
        (gaussian_kernel, math.exp(-0.5 * distance**shape)),
        (plateau_kernel, 1 / (1 + distance**shape)),
    ):
        kernel = np.asarray(make(9, (1.5, 1.5), 0.0, shape))
        assert kernel[4, 6] / kernel[4, 4] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("cutoff", [math.pi / 5, 2.0, math.pi])
def test_the_sinc_kernel_equals_its_formula_with_scipys_bessel(cutoff):
    y, x = np.mgrid[-10:11, -10:11]
    radius = np.hypot(y, x)
    radius[10, 10] = 1
    expected = cutoff * special.j1(cutoff * radius) / (2 * np.pi * radius)
    expected[10, 10] = cutoff**2 / (4 * np.pi)
    np.testing.assert_allclose(
        sinc_kernel(21, cutoff), expected / expected.sum(), atol=1e-6
    )


@pytest.mark.parametrize("cutoff", [0.8, 1.6])
def test_the_sinc_kernel_passes_up_to_its_cutoff(cutoff):
    spectrum = np.abs(np.fft.fft2(sinc_kernel(201, cutoff), (512, 512)))
    frequency = 2 * np.pi * np.fft.fftfreq(512)
    radius = np.hypot(frequency[:, None], frequency)
    passes = spectrum[radius < 0.9 * cutoff]
    stops = spectrum[radius > 1.1 * cutoff]
    assert np.abs(passes - 1).max() < 0.15
    assert stops.max() < 0.15
    assert np.abs(passes - 1).mean() < 0.02 > stops.mean()
