"""Sprites keep their palette."""

import numpy as np
import pytest

from srgan import Generator
from srgan.inference.load import PRETRAINED
from srgan.inference.palette import Palette
from srgan.inference.upscale import upscale

RANDOM = np.random.default_rng(0)
COLORS = np.array(
    [[0, 0, 0], [250, 250, 240], [200, 30, 40], [60, 140, 40], [30, 60, 190]],
    np.uint8,
)


def sprite(size=16, channels=4):
    """A disc of four quarters with an outline, on transparency."""
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    radius = np.hypot(x, y) / (size / 2)
    index = np.where(radius < 0.7, 1 + (y > 0) * 2 + (x > 0), 0)
    alpha = (radius < 0.95) * 255
    pixels = np.dstack([COLORS[index], alpha]).astype(np.uint8)
    pixels[alpha == 0, :3] = RANDOM.integers(0, 256, ((alpha == 0).sum(), 3))
    return pixels[..., :channels]


def visible(pixels):
    flat = pixels.reshape(-1, pixels.shape[-1])
    return set(map(tuple, flat[flat[:, -1] > 0].tolist()))


@pytest.mark.integration
@pytest.mark.parametrize("name", PRETRAINED)
def test_only_the_colors_of_the_sprite_are_returned(name):
    pixels = sprite()
    found = upscale(pixels, name, palette="keep")
    assert visible(found) == visible(pixels)
    assert set(np.unique(found[..., 3])) == {0, 255}
    # Close to the sprite: a pixel inside keeps its color.
    scale = len(found) // 16
    inside = found[scale // 2 :: scale, scale // 2 :: scale]
    assert (inside == pixels)[pixels[..., 3] > 0].mean() > 0.9
    free = upscale(pixels, name)
    assert len(visible(free)) > len(visible(pixels))
    area = (free[..., 3] / 255).mean()
    assert (found[..., 3] > 0).mean() == pytest.approx(area, rel=0.05)


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colors_of_the_palette_stay_and_others_become_the_nearest(
    channels, kind
):
    unit = 257 if kind == "uint16" else 1
    pixels = RANDOM.integers(0, 256, (9, 9, channels)).astype(kind) * unit
    palette = Palette(pixels)
    if channels in (2, 4):
        pixels[0, :, -1] = 0
    else:
        np.testing.assert_array_equal(palette.nearest(pixels), pixels)
    near = np.clip(pixels.astype(int) + unit, 0, 255 * unit).astype(kind)
    found = palette.nearest(near)
    assert found.dtype == kind
    colors = set(map(tuple, palette.colors.tolist()))
    assert set(map(tuple, found.reshape(-1, channels).tolist())) <= colors


def test_the_nearest_color_is_perceptual():
    # By RGB, this dark blue is nearer to black than to blue.
    palette = Palette(np.array([[[0, 0, 0], [0, 0, 255]]], np.uint8))
    found = palette.nearest(np.array([[[0, 0, 110]]], np.uint8))
    np.testing.assert_array_equal(found, [[[0, 0, 255]]])


def test_half_transparent_edges_become_hard():
    colors = np.array([[[9, 9, 9, 0], [250, 240, 60, 255]]], np.uint8)
    palette = Palette(colors)
    pixels = np.array([[[240, 240, 80, 200], [240, 240, 80, 60]]], np.uint8)
    np.testing.assert_array_equal(palette.nearest(pixels), colors[:, ::-1])


def test_photographs_and_floats_have_no_palette():
    with pytest.raises(ValueError, match="more than 256 colors"):
        Palette(np.arange(400, dtype=np.uint16).reshape(20, 20, 1))
    model = Generator(2, blocks=1, filters=2)
    with pytest.raises(ValueError, match="type float32 cannot be kept"):
        upscale(np.zeros((4, 4), np.float32), model, palette="keep")
    with pytest.raises(ValueError, match="palette is 'new', not"):
        upscale(np.zeros((4, 4), np.uint8), model, palette="new")
    gray = np.arange(16, dtype=np.uint8).reshape(4, 4) * 16
    found = upscale(gray, model, palette="keep")
    assert set(found.ravel()) <= set(gray.ravel())
