import math

import numpy as np
import pytest
from skimage.color import rgb2ycbcr
from skimage.metrics import structural_similarity

from srgan.data.mapping_network import MappingNetwork
from srgan.image_io.files import read_rgb
from srgan.metrics.daala_ssim import daala_ssim, daala_taps
from srgan.metrics.psnr_ssim import psnr, ssim

RANDOM = np.random.default_rng(0)


def pair(height=40, width=52, channels=3):
    hr = RANDOM.integers(0, 256, (1, height, width, channels))
    noise = RANDOM.normal(0, 20, hr.shape)
    sr = np.clip(np.round(hr + noise), 0, 255)
    return sr.astype("uint8"), hr.astype("uint8")


def scikit_image_ssim(x, y):
    return structural_similarity(
        x,
        y,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )


@pytest.mark.parametrize("border", [0, 4])
def test_ssim_equals_scikit_image(border):
    sr, hr = pair()
    inner = slice(border, -border or None)
    x, y = (rgb2ycbcr(i[0])[inner, inner, 0] for i in (sr, hr))
    assert float(ssim(sr, hr, border)[0]) == pytest.approx(
        scikit_image_ssim(x, y), abs=1e-6
    )


def test_gray_is_scored_without_conversion():
    sr, hr = pair(channels=1)
    expected = scikit_image_ssim(
        *(i[0, ..., 0].astype(float) for i in (sr, hr))
    )
    assert float(ssim(sr, hr, 0)[0]) == pytest.approx(expected, abs=1e-6)
    error = (sr.astype(float) - hr)[:, 4:-4, 4:-4]
    expected = 20 * math.log10(255 / math.sqrt((error**2).mean()))
    assert float(psnr(sr, hr, 4)[0]) == pytest.approx(expected, rel=1e-5)


def daala_by_the_definition(x, y):
    """One pixel after another, as in the C program, in plain Python."""
    height, width = x.shape
    taps = {
        i - len(daala_taps(height)) // 2: weight
        for i, weight in enumerate(daala_taps(height))
    }
    total = weights = 0.0
    for row in range(height):
        for column in range(width):
            w = mx = my = x2 = y2 = xy = 0.0
            for dy, down in taps.items():
                for dx, across in taps.items():
                    i, j = row + dy, column + dx
                    if not (0 <= i < height and 0 <= j < width):
                        continue
                    k, a, b = down * across, float(x[i, j]), float(y[i, j])
                    w, mx, my = w + k, mx + k * a, my + k * b
                    x2, y2, xy = x2 + k * a * a, y2 + k * b * b, xy + k * a * b
            c1, c2 = 255**2 * 0.01**2 * w * w, 255**2 * 0.03**2 * w * w
            value = (2 * mx * my + c1) * (c2 + 2 * (xy * w - mx * my))
            value /= mx * mx + my * my + c1
            value /= x2 * w - mx * mx + y2 * w - my * my + c2
            total, weights = total + w * value, weights + w
    return total / weights


@pytest.mark.parametrize("height", [90, 150])
def test_daala_ssim_equals_its_definition(height):
    sr, hr = pair(height, 9, channels=1)
    expected = daala_by_the_definition(sr[0, ..., 0], hr[0, ..., 0])
    assert daala_ssim(sr, hr, 0)[0] == pytest.approx(expected, 1e-12)
    assert expected < 0.99


def test_daala_taps_by_hand():
    """At 256 pixels sigma is 1.5: 256 / (1.5 sqrt(2 pi)) = 68.085."""
    # 68.085 exp(-1/4.5) = 54.52, and so on; the center is the remainder.
    expected = [2, 9, 28, 55, 68, 55, 28, 9, 2]
    assert daala_taps(256).tolist() == expected
    for height in (1, 20, 1_000, 60_000):
        assert daala_taps(height).sum() == 256
    assert daala_taps(60_000).size == 1


def test_daala_ssim_is_of_rounded_luma():
    gray = np.full((1, 30, 30, 3), 100, "uint8")
    redder = gray + np.array([1, 0, 0], "uint8")  # Y 101.88 -> 102, as gray's
    assert daala_ssim(redder, gray, 0)[0] == 1
    assert ssim(redder, gray, 0)[0] < 1


def test_equal_images_have_a_similarity_of_1():
    _, hr = pair()
    for similarity in (ssim, daala_ssim):
        assert float(similarity(hr, hr, 4)[0]) == pytest.approx(1)


def test_a_batch_is_scored_image_by_image():
    batches = [np.concatenate(b) for b in zip(pair(), pair(), strict=True)]
    for similarity in (ssim, daala_ssim):
        both = similarity(*batches, 2)
        one = similarity(*(b[1:] for b in batches), 2)
        assert both.shape == (2,)
        assert both[1] == one[0]
        assert both[0] != both[1]


def bicubic_scores(folder):
    mapping, scores = MappingNetwork(4), []
    for path in sorted(folder.glob("*.png")):
        hr = read_rgb(path)
        height, width = (side // 4 * 4 for side in hr.shape[:2])
        hr = hr[None, :height, :width]
        bicubic = mapping.upscale(mapping(hr))
        scores.append([f(bicubic, hr, 4)[0] for f in (ssim, daala_ssim)])
    return np.mean(scores, axis=0)


def test_bicubic_has_the_known_similarities_on_set5(outside):
    """Published: 0.8104 (Wang, of rounded Y), 0.8211 (the SRGAN paper).

    From images made by MATLAB itself, independently of this code: 0.8111 of
    unrounded Y, and 0.8201.
    """
    scores = bicubic_scores(outside("data/sr/test/Set5/HR"))
    np.testing.assert_allclose(scores, [0.8111, 0.8201], atol=5e-5)
    np.testing.assert_allclose(scores, [0.8104, 0.8211], atol=1.1e-3)
