"""Images are cut by a memory budget."""

import keras
import numpy as np
import pytest

from gancore.errors import InvalidInput
from srgan import Generator
from srgan.inference.tiled_upscaler import TiledUpscaler

layers = keras.layers
RANDOM = np.random.default_rng(0)
MIB = 2**20


@pytest.fixture(scope="module")
def strided():
    """A network that is not streamed by rows."""
    low = x = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(8, 8, strides=4, padding="same")(x)
    return keras.Model(low, layers.Conv2D(3, 3, padding="same")(x))


def image(height=90, width=120, channels=3):
    return RANDOM.integers(0, 256, (height, width, channels)).astype("uint8")


def whole(model, pixels):
    high = model(pixels[None].astype("float32"), training=False)[0].numpy()
    return np.clip(high, 0, 255)


@pytest.mark.parametrize("memory", [MIB, 3 * MIB, 2**30])
def test_tiles_within_a_budget_equal_the_whole_image(strided, memory):
    pixels, steps = image(), []
    upscaler = TiledUpscaler(strided, memory=memory)
    bands = list(upscaler.bands(pixels, steps.append))
    high = np.concatenate(bands).astype(float)
    assert np.abs(high - whole(strided, pixels)).max() <= 0.55
    assert max(band.nbytes for band in bands) <= memory / 4
    assert (len(steps) > 1) == (memory < 2**30)
    assert steps == [len(steps)] * len(steps)


def test_less_memory_takes_more_tiles(strided):
    counts = []
    for memory in (MIB, 2 * MIB, 4 * MIB, 8 * MIB):
        steps = []
        list(TiledUpscaler(strided, memory=memory).bands(image(), steps.append))
        counts.append(len(steps))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_a_wide_image_is_tiled_where_its_rows_take_too_much():
    model, steps = Generator(2, 1, 2), []
    pixels = image(30, 600)
    bands = TiledUpscaler(model, memory=MIB).bands(pixels, steps.append)
    high = np.concatenate(list(bands)).astype(float)
    assert np.abs(high - whole(model, pixels)).max() <= 0.55
    assert steps[0] > 2


@pytest.mark.parametrize("channels", [3, 4])
def test_too_little_memory_is_an_error(strided, channels):
    for model in (strided, Generator(2, 1, 2)):
        upscaler = TiledUpscaler(model, memory=20_000)
        with pytest.raises(
            InvalidInput, match=r"memory of 19.5 KiB is too small for a tile"
        ):
            next(upscaler.bands(image(channels=channels)))


def eight_ways(model, pixels):
    """The mean over the dihedral group, by transpositions."""
    outputs = []
    for transposed in (False, True):
        for rows in (1, -1):
            for columns in (1, -1):
                x = pixels[::rows, ::columns]
                x = x.transpose(1, 0, 2) if transposed else x
                y = model(x[None].astype("float32"), training=False)[0].numpy()
                y = y.transpose(1, 0, 2) if transposed else y
                outputs.append(y[::rows, ::columns])
    return np.clip(np.mean(outputs, axis=0), 0, 255)


@pytest.mark.parametrize("settings", [{}, {"tile_size": 24}])
def test_the_self_ensemble_is_the_mean_of_eight(settings):
    model = Generator(2, 1, 4)
    for weight in model.trainable_weights:
        weight.assign_add(RANDOM.normal(0, 0.1, weight.shape))
    pixels = image(40, 57)
    upscaler = TiledUpscaler(model, self_ensemble=True, **settings)
    high = np.concatenate(list(upscaler.bands(pixels.astype("float32"))))
    expected = eight_ways(model, pixels)
    assert np.abs(expected - whole(model, pixels)).max() > 1
    np.testing.assert_allclose(high, expected, atol=0.05)


def test_a_self_ensemble_with_noise_is_refused():
    model = Generator(2, 1, 2, noise_channels=1)
    with pytest.raises(InvalidInput, match="noise input"):
        TiledUpscaler(model, self_ensemble=True)
