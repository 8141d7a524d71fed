import os
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from srgan import Generator
from srgan.inference import upscale as upscaling
from srgan.inference.alpha import (
    BLEED_RADIUS,
    bleed_colors,
    clip_to_local_range,
)
from srgan.inference.tiled_upscaler import TiledUpscaler
from srgan.inference.upscale import upscale

layers = keras.layers
RANDOM = np.random.default_rng(0)


def perturb(model, size=0.1):
    """Adds noise to every trainable weight."""
    for weight in model.trainable_weights:
        weight.assign_add(RANDOM.normal(0, size, weight.shape))
    return model


@pytest.fixture(scope="module")
def generator():
    return perturb(Generator(4, blocks=2, filters=4))


@pytest.fixture(scope="module")
def bicubic():
    return Generator(2, blocks=1, filters=4)


def make_image(height=83, width=97, channels=3, bits=8):
    shape = (height, width, channels)
    return RANDOM.integers(0, 2**bits, shape).astype(f"uint{bits}")


def whole(model, pixels):
    """Returns the output for the whole image at once, unrounded."""
    return model(pixels[None].astype("float32"), training=False)[0].numpy()


@pytest.mark.parametrize("tile", [1, 20, 33])
def test_tiles_equal_the_whole_image(generator, tile):
    pixels = make_image(30, 40) if tile == 1 else make_image()
    expected = whole(generator, pixels)
    # Not a network that changes nothing.
    assert np.abs(expected - np.repeat(np.repeat(pixels, 4, 0), 4, 1)).max() > 9
    tiled = upscale(pixels.astype("float32"), generator, tile_size=tile)
    assert np.abs(tiled - np.clip(expected, 0, 255)).max() < 0.05
    rounded = upscale(pixels, generator, tile_size=tile).astype(int)
    assert np.abs(rounded - np.clip(expected, 0, 255)).max() <= 0.55


@pytest.mark.parametrize(
    "model",
    [
        lambda: Generator(2, blocks=2, filters=4, batch_norm=True),
        lambda: Generator(3, blocks=2, filters=4),
        lambda: Generator(4, blocks=2, filters=4, compact=True),
    ],
)
def test_tiles_are_exact_for_all_architectures(model):
    model, pixels = perturb(model()), make_image()
    tiled = upscale(pixels.astype("float32"), model, tile_size=24)
    expected = np.clip(whole(model, pixels), 0, 255)
    assert np.abs(tiled - expected).max() < 0.05


def test_tiles_are_exact_for_a_downsampling_network():
    low = x = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.UpSampling2D(8)(x)
    model = keras.Model(low, layers.Conv2D(3, 3, padding="same")(x))
    pixels = make_image(64, 80)
    tiled = upscale(pixels.astype("float32"), model, tile_size=18)
    expected = np.clip(whole(model, pixels), 0, 255)
    assert np.abs(tiled - expected).max() < 0.05
    assert upscale(make_image(61, 79), model).shape == (122, 158, 3)


def test_an_unbounded_receptive_field_is_not_tiled(capsys):
    low = keras.Input((None, None, 3))
    mean = layers.GlobalAveragePooling2D(keepdims=True)(low)
    high = layers.Add()([layers.UpSampling2D(2)(low), mean])
    model, pixels = keras.Model(low, high), make_image() // 4
    large = upscale(pixels, model, tile_size=8)
    assert "upscaled whole, not in tiles" in capsys.readouterr().err
    np.testing.assert_array_equal(large, np.rint(whole(model, pixels)))


def test_noise_is_seeded_and_equal_in_tiles():
    model = perturb(Generator(4, blocks=1, filters=4, noise_channels=2))
    pixels = 100 + make_image(50, 60).astype("float32") / 5
    large = upscale(pixels, model, seed=5)
    np.testing.assert_allclose(
        upscale(pixels, model, seed=5, tile_size=16), large, atol=0.05
    )
    assert (large != upscale(pixels, model, seed=6)).mean() > 0.5


def test_the_untrained_generator_is_tensorflows_bicubic(bicubic):
    pixels = make_image(20, 25)
    expected = tf.image.resize(pixels, (40, 50), "bicubic")
    large = upscale(pixels, bicubic).astype(float)
    assert np.abs(large - np.clip(expected, 0, 255)).max() <= 0.51


def test_16_bits_keep_their_precision(bicubic):
    pixels = make_image(20, 25, bits=16)
    expected = tf.image.resize(pixels.astype("float32"), (40, 50), "bicubic")
    large = upscale(pixels, bicubic)
    assert large.dtype == np.uint16
    difference = np.abs(large - np.clip(expected, 0, 65535))
    assert difference.max() < 3
    # Not 8 bits spread over 16.
    assert len(np.unique(large % 257)) > 200


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_gray_is_the_luma_of_the_three_outputs(generator, kind):
    pixels = make_image(20, 25, 1, 16 if kind == "uint16" else 8).astype(kind)
    large = upscale(pixels, generator)
    assert (large.shape, large.dtype) == ((80, 100, 1), kind)
    unit = 257 if kind == "uint16" else 1
    rgb = whole(generator, np.repeat(pixels / unit, 3, axis=-1))
    luma = rgb @ [0.299, 0.587, 0.114]
    assert np.ptp(rgb, axis=-1).max() > 5
    expected = np.clip(luma, 0, 255)
    assert np.abs(large[..., 0] / unit - expected).max() <= 0.55
    np.testing.assert_array_equal(
        upscale(pixels[..., 0], generator)[..., None], large
    )


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (3, 300), (1, 7)])
def test_tiny_and_thin_images(bicubic, shape):
    pixels = make_image(*shape)
    large = upscale(pixels, bicubic, tile_size=20)
    assert large.shape == (2 * shape[0], 2 * shape[1], 3)
    plain = np.full((*shape, 3), 77, np.uint8)
    assert (upscale(plain, bicubic) == 77).all()


def test_an_opaque_image_stays_opaque(generator):
    pixels = make_image(channels=4)
    pixels[..., 3] = 255
    large = upscale(pixels, generator)
    assert (large[..., 3] == 255).all()
    np.testing.assert_array_equal(
        large[..., :3], upscale(pixels[..., :3], generator)
    )


def disc(size=60):
    """A red disc on full transparency that hides green."""
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[...] = (0, 255, 0, 0)
    pixels[y**2 + x**2 < (size / 3) ** 2] = (200, 0, 0, 255)
    return pixels


def test_invisible_colors_do_not_bleed_into_edges(bicubic):
    large = upscale(disc(), bicubic, tile_size=16)
    seen = large[..., 3] > 0
    assert (large[..., 3] > 0).mean() > (large[..., 3] == 255).mean() > 0.2
    np.testing.assert_array_equal(
        large[seen][:, :3], np.broadcast_to([200, 0, 0], (seen.sum(), 3))
    )


def test_alpha_is_upscaled_as_a_gray_image_and_bounded(generator):
    pixels = disc()
    large = upscale(pixels, generator, tile_size=16)
    alpha = upscale(pixels[..., 3:], generator)
    bounded = clip_to_local_range(alpha, pixels[..., 3:], 4)
    assert (bounded != alpha).any()
    assert np.abs(large[..., 3:].astype(int) - bounded).max() <= 1


def test_transparency_is_exact_in_tiles(generator):
    pixels = make_image(channels=4)
    pixels[..., 3] *= RANDOM.random(pixels.shape[:2]) < 0.01
    large = upscale(pixels, generator).astype(int)
    tiled = upscale(pixels, generator, tile_size=16)
    assert np.abs(large - tiled).max() <= 1


def test_colors_bleed_up_to_the_radius():
    colors = np.zeros((3, 40, 3), np.float32)
    visible = np.zeros((3, 40), bool)
    colors[1, 0], visible[1, 0] = (10, 20, 30), True
    colors[0, 5] = 99  # Hidden.
    spread = bleed_colors(colors, visible)
    assert (spread[:, : BLEED_RADIUS + 1] == [10, 20, 30]).all()
    assert (spread[:, BLEED_RADIUS + 1 :] == 127.5).all()
    np.testing.assert_array_equal(
        bleed_colors(colors, ~np.zeros_like(visible)), colors
    )


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((4, 4, 3)), "of type float64"),
        (np.zeros((4, 4, 5), np.uint8), "has shape"),
        (np.zeros((1, 4, 4, 3), np.uint8), "has shape"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.full((4, 4, 3), np.nan, np.float32), "NaN or infinite"),
        (np.full((4, 4), -np.inf, np.float32), "NaN or infinite"),
    ],
)
def test_invalid_arrays_are_refused(bicubic, image, reason):
    with pytest.raises(ValueError, match=reason):
        upscale(image, bicubic)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"tile_size": 0}, "tile_size is 0, less than 1"),
        ({"tile_size": 2.5}, "tile_size is 2.5, not an integer"),
        ({"seed": -1}, "seed is -1, less than 0"),
        ({"seed": None}, "seed is None, not an integer"),
    ],
)
def test_invalid_options_are_refused(bicubic, settings, reason):
    with pytest.raises(ValueError, match=reason):
        upscale(make_image(4, 5), bicubic, **settings)
    settings = dict.fromkeys(settings, np.int64(5))
    assert upscale(make_image(4, 5), bicubic, **settings).shape == (8, 10, 3)


@pytest.mark.parametrize(
    ("memory", "reason"),
    [
        (0, "memory is 0, less than 1"),
        (2.5, "memory is 2.5, not an integer"),
        ("lots", "no size such as 512MiB"),
        (5, "a memory of 5 bytes is too small for a tile"),
    ],
)
def test_invalid_memory_is_refused(bicubic, memory, reason):
    with pytest.raises(ValueError, match=reason):
        upscale(make_image(4, 5), bicubic, memory=memory)


def test_the_network_is_traced_once(bicubic):
    upscaler = TiledUpscaler(bicubic, tile_size=16)
    for shape in ((90, 50), (61, 77), (5, 9)):
        assert list(upscaler.bands(make_image(*shape)))
    assert upscaler._network.function.experimental_get_tracing_count() == 1


@pytest.mark.integration
def test_many_models_do_not_trigger_retracing_warnings(caplog):
    """TensorFlow warns from the fifth trace of what it takes for one thing."""
    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    try:
        for i in range(6):
            model = Generator(2, blocks=1, filters=1)
            upscale(make_image(5 + i, 9 - i), model, seed=i)
    finally:
        logger.removeHandler(caplog.handler)
    assert "retracing" not in caplog.text


def test_a_model_by_name_is_loaded_once(bicubic, tmp_path, monkeypatch):
    loaded = []

    def load(path, denoise=None):
        loaded.append(path)
        return bicubic

    monkeypatch.setattr(upscaling, "load", load)
    path = tmp_path / "model.h5"
    path.touch()
    for side in (4, 5, 6):
        assert upscale(make_image(side, side), path).shape[0] == 2 * side
    assert loaded == [path]
    os.utime(path, ns=(0, 0))
    upscale(make_image(4, 4), str(path))
    assert loaded == [path, path]


def test_band_size_does_not_grow_with_the_image(bicubic):
    for settings in ({"tile_size": 32}, {}):
        sizes = []
        for height in (800, 1600):
            upscaler = TiledUpscaler(bicubic, **settings)
            bands = list(upscaler.bands(make_image(height, 64)))
            assert sum(map(len, bands)) == 2 * height
            sizes.append(max(band.nbytes for band in bands))
        assert sizes[0] == sizes[1]


@pytest.mark.slow
def test_peak_memory_does_not_grow_with_the_image(tmp_path):
    code = """
    import resource, sys
    import numpy as np
    from pathlib import Path
    from srgan import Generator
    from srgan.image_io.encoders.header import Header
    from srgan.image_io.metadata import Metadata
    from srgan.image_io.write import write_image
    from srgan.inference.tiled_upscaler import TiledUpscaler

    height = int(sys.argv[1])
    model = Generator(4, blocks=1, filters=2)
    upscaler = TiledUpscaler(model, tile_size=128)
    pixels = np.zeros((height, 256, 3), np.uint8)
    header = Header(4 * height, 1024, 3, 8, Metadata())
    write_image(Path(sys.argv[2]), header, upscaler.bands(pixels))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    """

    def megabytes(height, suffix):
        result = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(height),
             str(tmp_path / f"a{suffix}")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(result.stdout.split()[-1])

    for suffix in (".png", ".jpg", ".tif", ".bmp"):
        # The output grows from 12 to 190 MB.
        assert megabytes(16_000, suffix) < megabytes(1_000, suffix) + 60
