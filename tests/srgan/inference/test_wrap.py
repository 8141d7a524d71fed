"""Textures that tile, upscaled with `wrap`, tile."""

import keras
import numpy as np
import pytest

from srgan import Generator
from srgan.data.dead_leaves import dead_leaves
from srgan.inference.load import PRETRAINED
from srgan.inference.upscale import upscale

layers = keras.layers


def texture(height=24, width=18, channels=3):
    image = dead_leaves(40, 1)[:height, :width]
    alpha = np.random.default_rng(0).integers(0, 2, (height, width, 1)) * 255
    pixels = np.concatenate([image, alpha], axis=-1).astype(np.uint8)
    return pixels[..., :channels]


def assert_tiles(model, pixels, repeats=3, **settings):
    """Compares with the middle of a tiling, and with no wrapping."""
    found = upscale(pixels, model, wrap=True, **settings).astype(int)
    height, width = found.shape[:2]
    tiling = np.tile(pixels, (repeats, repeats, 1))
    whole = upscale(tiling, model).astype(int)
    top, left = repeats // 2 * height, repeats // 2 * width
    middle = whole[top : top + height, left : left + width]
    assert np.abs(found - middle).max() <= 1
    # So are the jumps at the seams of the result, repeated.
    above = whole[top - 1, left : left + width]
    before = whole[top : top + height, left - 1]
    assert np.abs((found[0] - found[-1]) - (middle[0] - above)).max() <= 2
    jump = found[:, 0] - found[:, -1]
    assert np.abs(jump - (middle[:, 0] - before)).max() <= 2
    assert np.abs(upscale(pixels, model).astype(int) - middle).max() > 8


@pytest.mark.integration
@pytest.mark.parametrize("name", PRETRAINED)
def test_the_result_is_the_middle_of_a_tiling(name):
    assert_tiles(name, texture())


def test_alpha_and_tiles(perturbed):
    assert_tiles(perturbed, texture(channels=4), tile_size=16)
    # The receptive field is larger than this image.
    assert_tiles(perturbed, texture(2, 5), repeats=21, tile_size=16)


@pytest.fixture(scope="module")
def perturbed():
    model = Generator(2, blocks=2, filters=4)
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0, 0.1, weight.shape))
    return model


def test_a_model_of_whole_images():
    low = keras.Input((None, None, 3))
    mean = layers.GlobalAveragePooling2D(keepdims=True)(low)
    high = layers.Conv2D(3, 3, padding="same")(layers.UpSampling2D(2)(low))
    model = keras.Model(low, layers.Add()([high, mean]))
    model.layers[-2].set_weights(
        [w * 0.2 for w in model.layers[-2].get_weights()]
    )
    assert_tiles(model, texture() // 2)


def test_noise_does_not_wrap():
    model = Generator(2, blocks=1, filters=2, noise_channels=1)
    with pytest.raises(ValueError, match="noise input does not continue"):
        upscale(texture(), model, wrap=True)
