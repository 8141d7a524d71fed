"""`ImageUpscaler` as a Keras user calls it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import srgan
from srgan.data.dead_leaves import dead_leaves


@pytest.fixture(scope="module")
def upscaler():
    return srgan.ImageUpscaler(srgan.Generator(2, blocks=1, filters=8))


@pytest.fixture(scope="module")
def photo():
    return dead_leaves(24, 0)


def test_an_array_is_upscaled_as_by_the_plain_model(upscaler, photo, tmp_path):
    upscaler.save_to_preset(tmp_path)
    plain = keras.models.load_model(tmp_path / "model.h5", compile=False)
    image = plain.predict(photo[None].astype("float32"), verbose=0)[0]
    expected = np.clip(np.rint(image), 0, 255)
    found = upscaler.upscale(photo)
    assert found.dtype == np.uint8
    # Tiled and whole images differ by rounding errors.
    assert np.abs(found - expected).max() <= 1
    again = srgan.ImageUpscaler.from_preset(tmp_path)
    np.testing.assert_allclose(again.upscale(photo), found, atol=1)


def test_the_like_is_returned(upscaler, photo, tmp_path):
    expected = upscaler.upscale(photo)
    image = Image.fromarray(photo)
    image.save(tmp_path / "photo.png")
    assert np.array_equal(upscaler.upscale(image), expected)
    assert np.array_equal(upscaler.upscale(tmp_path / "photo.png"), expected)
    batch = upscaler.upscale(np.stack([photo, photo[::-1]]))
    assert np.array_equal(batch[0], expected)
    smaller, path = upscaler.upscale([photo[:8], str(tmp_path / "photo.png")])
    assert smaller.shape == (16, 48, 3)
    assert path.size == (48, 48)
    for mode in ("L", "LA", "RGBA"):
        assert upscaler.upscale(image.convert(mode)).mode == mode
    gray = upscaler.upscale(photo[..., 0])
    assert gray.shape == (48, 48)
    assert np.array_equal(upscaler.upscale(image.getchannel(0)), gray)


def test_other_dtypes(upscaler, photo):
    expected = upscaler.upscale(photo)
    assert np.array_equal(upscaler.upscale(photo.astype("int64")), expected)
    exact = upscaler.upscale(photo.astype("float64"))
    assert np.abs(exact - expected).max() < 0.6
    with pytest.raises(ValueError, match=r"from -1 to"):
        upscaler.upscale(photo.astype("int64") - photo.min() - 1)


def test_an_unknown_preset_lists_all():
    with pytest.raises(ValueError, match="compact-x4"):
        srgan.ImageUpscaler.from_preset("compact-x9")
    assert "compact-x4" in srgan.ImageUpscaler.presets


@pytest.mark.integration
def test_fit_lowers_the_loss_of_all_kinds_of_data(tmp_path):
    images = [dead_leaves(48, i) for i in range(4)]
    for i, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    lr = np.stack([srgan.MappingNetwork(2)(i) for i in images]) * 1.0
    pairs = tf.data.Dataset.from_tensors((lr, np.stack(images) * 1.0)).repeat(4)
    for data in (
        tmp_path,
        sorted(tmp_path.glob("*.png")),
        images,
        tf.data.Dataset.from_tensor_slices(np.stack(images)),
        pairs,
    ):
        upscaler = srgan.ImageUpscaler(srgan.Generator(2, blocks=1, filters=8))
        upscaler.compile(keras.optimizers.Adam(3e-3))
        history = upscaler.fit(
            data,
            epochs=6,
            batch_size=4,
            validation_data=images,
            patch_size=32,
            verbose=0,
        ).history
        assert history["val_loss"][-1] < history["val_loss"][0]
        assert len(history["val_psnr"]) == 6


def test_data_that_cannot_be_trained_on(upscaler, tmp_path):
    with pytest.raises(ValueError, match="no folder of images"):
        upscaler.fit(tmp_path / "none")
    with pytest.raises(ValueError, match=r"shape \(8, 8\)"):
        upscaler.fit([np.zeros((8, 8))])
