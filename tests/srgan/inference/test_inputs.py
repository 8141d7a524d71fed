"""`srgan.upscale` of arrays, Pillow images and files returns the like."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from srgan import Generator
from srgan.image_io.errors import UnreadableImage
from srgan.inference.upscale import upscale

RANDOM = np.random.default_rng(0)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="module")
def model():
    return Generator(2, blocks=1, filters=4)


def make_image(mode):
    channels = len(mode) if mode != "P" else 3
    levels = RANDOM.integers(0, 256, (8, 12, channels), np.uint8)
    image = Image.fromarray(levels.squeeze())
    return image.quantize(9) if mode == "P" else image


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pillow_images_become_pillow_images(model, mode):
    image = make_image(mode)
    image.info["icc_profile"] = PROFILE
    result = upscale(image, model)
    assert isinstance(result, Image.Image)
    assert (result.mode, result.size) == (mode, (24, 16))
    assert result.info["icc_profile"] == PROFILE
    expected = upscale(np.asarray(image), model)
    np.testing.assert_array_equal(np.asarray(result), expected)


def test_palettes_become_colors_and_their_other_profile_is_dropped(model):
    press = make_image("RGB").convert("CMYK")
    press.info["icc_profile"] = b"of inks"
    assert "icc_profile" not in upscale(press, model).info
    assert upscale(make_image("P"), model).mode == "RGB"


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_paths_become_upright_pillow_images(model, kind, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.png"
    image = make_image("RGB")
    image.save(path, exif=exif, icc_profile=PROFILE)
    result = upscale(kind(path), model)
    assert result.size == (16, 24)
    assert result.info["icc_profile"] == PROFILE
    expected = upscale(np.rot90(np.asarray(image), -1), model)
    np.testing.assert_array_equal(np.asarray(result), expected)


def test_unusable_inputs_are_refused(model, tmp_path):
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(UnreadableImage, match="not an image"):
        upscale(tmp_path / "a.png", model)
    with pytest.raises(ValueError, match="no agreed range"):
        upscale(Image.new("F", (4, 4)), model)
    with pytest.raises(ValueError, match="has shape"):
        upscale(np.zeros((4, 4, 5), np.uint8), model)
