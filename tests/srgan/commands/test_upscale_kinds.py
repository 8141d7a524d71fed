"""`upscale` of textures that tile, of sprites, and by the right model."""

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from srgan.commands.upscale import UpscaleOptions, run
from srgan.inference.load import PRETRAINED
from srgan.inference.suitability import hint
from srgan.inference.upscale import upscale

RANDOM = np.random.default_rng(0)
COLORS = RANDOM.integers(0, 256, (5, 3), np.uint8)
SPRITE = COLORS[RANDOM.integers(0, 5, (9, 8))]
TEXTURE = RANDOM.integers(0, 256, (20, 21, 3), np.uint8)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(SPRITE).quantize(5).save("sprite.png")
    Image.fromarray(SPRITE).save("sprite.webp", lossless=True)
    Image.fromarray(SPRITE).save("sprite.jpg")
    Image.fromarray(TEXTURE).save("texture.png")
    return tmp_path


def upscale_files(*photos, **settings):
    return run(UpscaleOptions(photos=photos, **settings))


def read(name):
    with Image.open(name) as image:
        return np.asarray(image.convert("RGB"))


def test_the_palette_is_kept_and_other_images_are_skipped(model, files, capsys):
    names = ("sprite.jpg", "texture.png", "sprite.png", "sprite.webp")
    assert upscale_files(*names, model=model, palette="keep") == 1
    colors = set(map(tuple, COLORS.tolist()))
    for name in ("sprite_x2.png", "sprite_x2.webp"):
        found = read(name)
        assert found.shape == (18, 16, 3)
        assert set(map(tuple, found.reshape(-1, 3).tolist())) <= colors
    message = capsys.readouterr()
    assert message.out.count("18") == 2
    jpeg, texture = (
        line for line in message.err.splitlines() if line.startswith("skipped")
    )
    assert "sprite.jpg: a .jpg file changes the colors" in jpeg
    assert "texture.png: the image has more than 256 colors" in texture
    assert not (files / "texture_x2.png").exists()


def test_a_jpeg_is_read_as_a_sprite_if_it_has_few_colors(model, files):
    Image.new("RGB", (8, 8), (90, 90, 90)).save("flat.jpg")
    settings = {"model": model, "palette": "keep", "format": "png"}
    assert upscale_files("flat.jpg", **settings) == 0
    assert (read("flat_x2.png") == read("flat.jpg")[0, 0]).all()


def test_textures_tile(model, files):
    assert upscale_files("texture.png", model=model, wrap=True) == 0
    expected = upscale(TEXTURE, model, wrap=True)
    np.testing.assert_array_equal(read("texture_x2.png"), expected)
    assert (expected != upscale(TEXTURE, model)).any()


def test_denoising_takes_a_model_with_a_partner(model, files):
    with pytest.raises(UserError, match=r"tiny\.h5, which has no partner"):
        upscale_files("texture.png", model=model, denoise=0.5)
    with pytest.raises(UserError, match="--denoise is 2"):
        UpscaleOptions(photos=("texture.png",), denoise=2.0)


@pytest.mark.integration
def test_the_strength_and_the_hint_reach_the_command(files, capsys):
    assert upscale_files("texture.png", scale=2, denoise=0) == 0
    expected = upscale(TEXTURE, "compact-x2")
    np.testing.assert_array_equal(read("texture_x2.png"), expected)
    message = capsys.readouterr()
    assert message.err.count(f"info: {hint('photo-x2')}\n") == 1
    assert "suits" not in message.out


def test_hints_name_pretrained_weights_of_the_same_scale():
    assert hint("photo-x4") == (
        "photo-x4, for photographs with noise and JPEG artifacts; "
        "compact-x4 suits clean images"
    )
    for name, scale in PRETRAINED.items():
        other = hint(name).split("; ")[1].split(" suits ")[0]
        assert PRETRAINED[other] == scale
