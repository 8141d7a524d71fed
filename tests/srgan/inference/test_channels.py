"""Gray stays gray and alpha is bounded, under every pretrained model."""

import numpy as np
import pytest

from srgan.data.dead_leaves import dead_leaves
from srgan.inference.alpha import clip_to_local_range
from srgan.inference.load import PRETRAINED, load
from srgan.inference.upscale import upscale

# The biggest one takes seconds per image.
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=PRETRAINED)
def model(request):
    return load(request.param)


@pytest.fixture(scope="module")
def noisy():
    """A gray image of one channel with strong noise."""
    image = dead_leaves(40, 3)[:32, :, :1].astype(int)
    noise = np.random.default_rng(0).normal(0, 20, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_gray_in_three_channels_has_no_tint(model, noisy):
    one = upscale(noisy, model)
    assert one.shape[-1] == 1
    three = upscale(np.repeat(noisy, 3, axis=-1), model)
    np.testing.assert_array_equal(three, np.repeat(one, 3, axis=-1))
    # Hidden colors do not count.
    alpha = np.full_like(noisy, 255)
    alpha[:8] = 0
    pixels = np.concatenate([np.repeat(noisy, 3, axis=-1), alpha], axis=-1)
    pixels[:8, :, 1] = 9
    found = upscale(pixels, model)
    assert (found[..., :3] == found[..., :1]).all()
    np.testing.assert_array_equal(
        found[..., 3:], upscale(pixels[..., ::3], model)[..., 1:]
    )


def test_an_opaque_disc_keeps_its_bounding_box(model):
    y, x = np.mgrid[:96, :96] - 47.5
    disc = np.hypot(x, y) < 20
    pixels = np.zeros((96, 96, 4), np.uint8)
    pixels[disc] = (190, 90, 30, 255)
    found = upscale(pixels, model)
    scale = len(found) // 96
    for axis in (0, 1):
        before = np.flatnonzero(disc.any(axis))[[0, -1]] + [0, 1]
        after = np.flatnonzero(found[..., 3].any(axis))[[0, -1]] + [0, 1]
        assert np.abs(after - scale * before).max() <= 2
    # No veil and no holes away from the edge, whose range is one pixel.
    y, x = (np.mgrid[: 96 * scale, : 96 * scale] + 0.5) / scale - 48
    radius = np.hypot(x, y)
    assert (found[radius > 22, 3] == 0).all()
    assert (found[radius < 18, 3] == 255).all()
    # Nor a halo: the disc has its color up to the edge.
    seen = found[found[..., 3] > 0][:, :3].astype(int)
    assert np.abs(seen - [190, 90, 30]).max() <= 3


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_clipping_bounds_by_the_pixels_of_bilinear_interpolation(scale):
    alpha = np.random.default_rng(0).integers(0, 256, (6, 7, 1)).astype(float)
    huge = np.full((6 * scale, 7 * scale, 1), 1e3)
    high = clip_to_local_range(huge, alpha, scale)
    low = clip_to_local_range(-huge, alpha, scale)
    for i in range(6 * scale):
        for j in range(7 * scale):
            nearest = [
                alpha[row, column]
                for row in range(6)
                for column in range(7)
                if abs((i + 0.5) / scale - row - 0.5) < 1
                and abs((j + 0.5) / scale - column - 0.5) < 1
            ]
            assert (low[i, j], high[i, j]) == (min(nearest), max(nearest))
    part = clip_to_local_range(huge[scale:], alpha, scale, (1, 0))
    np.testing.assert_array_equal(part, high[scale:])
