import numpy as np
import pytest
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio

from srgan.metrics.psnr_ssim import luma, psnr

RANDOM = np.random.default_rng(0)


def images():
    hr = RANDOM.integers(0, 256, (2, 20, 24, 3))
    noise = RANDOM.normal(0, 5, hr.shape)
    return np.clip(hr + noise, 0, 255), hr


def test_luma_equals_scikit_image():
    image = RANDOM.integers(0, 256, (9, 7, 3))
    expected = rgb2ycbcr(image.astype("uint8"))[..., :1]
    np.testing.assert_allclose(luma(image), expected, atol=1e-4)


def test_luma_is_of_the_8_bit_image():
    np.testing.assert_array_equal(
        luma([[-9.0, 99.6, 300.0]]), luma([[0.0, 100.0, 255.0]])
    )


@pytest.mark.parametrize("border", [0, 1, 4])
def test_psnr_equals_scikit_image(border):
    sr, hr = images()
    inner = slice(border, -border or None)
    expected = [
        peak_signal_noise_ratio(
            rgb2ycbcr(o.astype("uint8"))[inner, inner, 0],
            rgb2ycbcr(np.round(h).astype("uint8"))[inner, inner, 0],
            data_range=255,
        )
        for h, o in zip(sr, hr, strict=True)
    ]
    np.testing.assert_allclose(psnr(sr, hr, border), expected, rtol=1e-5)


def test_equal_images_have_100_decibels():
    _, hr = images()
    np.testing.assert_array_equal(psnr(hr, hr, 4), [100, 100])
