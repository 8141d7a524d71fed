"""Means of areas are kept where a network changes them."""

import numpy as np
import pytest

from srgan.data.dead_leaves import dead_leaves
from srgan.inference.load import PRETRAINED
from srgan.inference.local_mean import keep_local_mean
from srgan.inference.upscale import upscale

RANDOM = np.random.default_rng(0)
SCALE = 3
IMAGE = dead_leaves(48, 2)[:, :41]


def repeated(pixels):
    return pixels.repeat(SCALE, axis=0).repeat(SCALE, axis=1)


def correct(upscaled, image=IMAGE, rows=None):
    rows = rows or len(upscaled)
    bands = [upscaled[i : i + rows] for i in range(0, len(upscaled), rows)]
    return np.concatenate(list(keep_local_mean(bands, image, SCALE)))


def shifted(by, dtype="float32"):
    """An upscaled image with detail of mean 0 and another mean, and the input.

    It stays away from black and white, where clipping would change the means.
    """
    unit = 257 if dtype == "uint16" else 1
    image = (IMAGE // 2 + 60).astype(dtype) * unit
    detail = np.tile([[12.0, -4, -8], [-4, 8, -4], [-8, -4, 12]], (48, 41))
    levels = repeated(image) / unit + detail[..., None] + by
    return (levels * unit).astype(dtype), image


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("by", [-3, 1, 2.5])
def test_a_change_of_the_mean_is_undone_and_detail_stays(by, dtype):
    upscaled, image = shifted(by, dtype)
    expected, _ = shifted(0, dtype)
    found = correct(upscaled, image)
    assert found.dtype == dtype
    unit = 257 if dtype == "uint16" else 1
    # A level of the shift is lost when the test rounds it.
    assert np.abs(found.astype(float) - expected).max() <= unit * 0.51


@pytest.mark.parametrize("by", [0.2, -0.2, 9, -12])
def test_small_changes_and_meant_ones_are_left_alone(by):
    upscaled, image = shifted(by)
    np.testing.assert_array_equal(correct(upscaled, image), upscaled)


def test_less_than_half_a_level_does_not_change_8_bits():
    for by in (0.3, 0.45, -0.45):
        upscaled, image = shifted(0, "uint8")
        random = np.random.default_rng(1)
        moved = random.random(upscaled.shape) < abs(by)
        upscaled = (upscaled + moved * int(np.sign(by))).astype(np.uint8)
        found = correct(upscaled, image)
        assert (found != upscaled).mean() < 0.05


@pytest.mark.parametrize("rows", [1, 3, 7, 40, 144])
def test_the_result_does_not_depend_on_the_bands(rows):
    slope = np.linspace(-6, 6, IMAGE.shape[0] * SCALE)[:, None, None]
    noise = RANDOM.normal(0, 9, (len(slope), 41 * SCALE, 3))
    upscaled = np.clip(repeated(IMAGE) + slope + noise, 0, 255).astype(np.uint8)
    whole = correct(upscaled)
    assert (whole != upscaled).any()
    np.testing.assert_array_equal(correct(upscaled, rows=rows), whole)


def test_alpha_is_not_corrected_and_hidden_colors_do_not_count():
    upscaled, image = shifted(2, "uint8")
    alpha = np.full((48, 41, 1), 255, np.uint8)
    alpha[:, 30:] = 0
    image = np.concatenate([image, alpha], axis=-1)
    image[:, 30:, :3] = 0
    large = np.concatenate([upscaled, repeated(alpha) // 2], axis=-1)
    found = correct(large, image)
    np.testing.assert_array_equal(found[..., 3], large[..., 3])
    left = np.s_[:, : 15 * SCALE, :3]
    np.testing.assert_array_equal(found[left], large[left] - 2)


@pytest.mark.integration
@pytest.mark.parametrize("name", PRETRAINED)
def test_noise_does_not_change_the_mean_of_dark_areas(name):
    # Three areas in one image, apart by more than the network sees.
    levels = np.repeat([20.0, 40.0, 235.0], 64)[:, None, None]
    noisy = levels + np.random.default_rng(0).normal(0, 10, (192, 64, 3))
    noisy = np.clip(np.round(noisy), 0, 255).astype(np.uint8)
    found = upscale(noisy, name)
    scale = PRETRAINED[name]
    for top in (0, 64, 128):
        inner = slice(top + 16, top + 48)
        before = noisy[inner, 8:-8].mean()
        rows = slice(inner.start * scale, inner.stop * scale)
        after = found[rows, 8 * scale : -8 * scale].mean()
        assert abs(after - before) <= 0.5
