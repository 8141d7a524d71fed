"""The images of the demo page equal those of `upscale` and bicubic."""

import numpy as np
import pytest
from PIL import Image

from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from srgan import Generator, MappingNetwork
from srgan.commands import demo_session
from srgan.commands.demo_session import DemoSession
from srgan.data.dead_leaves import dead_leaves
from srgan.inference.load import PRETRAINED
from srgan.inference.upscale import upscale

PIXELS = dead_leaves(40, 0)[:, :34]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.h5"
    network = Generator(2, blocks=1, filters=2)
    # The initial weights compute bicubic interpolation.
    network.set_weights([w + 0.01 for w in network.get_weights()])
    save_h5(network, path, {"package": "srgan"})
    return str(path)


@pytest.fixture
def session(model, tmp_path):
    return DemoSession(tmp_path, max_pixels=2000, model=model)


def saved(tmp_path, pixels, name="photo.png", **settings):
    path = tmp_path / name
    Image.fromarray(pixels).save(path, **settings)
    return str(path)


def compare(session, path, model, progress=lambda fraction, what: None):
    comparison = session.compare(path, model, progress)
    paths = (*comparison.shown, comparison.path)
    return comparison, *(np.asarray(Image.open(p)) for p in paths)


def test_a_photo_is_upscaled_and_compared_with_bicubic(
    session, model, tmp_path
):
    fractions = []
    comparison, before, after, whole = compare(
        session,
        saved(tmp_path, PIXELS),
        model,
        lambda fraction, what: fractions.append(fraction),
    )
    np.testing.assert_array_equal(whole, upscale(PIXELS, model))
    np.testing.assert_array_equal(after, whole)
    # Pillow treats borders and rounding differently from MATLAB.
    matlab = MappingNetwork(2).upscale(PIXELS).numpy().astype(int)
    inside = np.s_[8:-8, 8:-8]
    assert np.abs(before.astype(int) - matlab)[inside].max() <= 2
    assert np.abs(before.astype(int) - after).max() > 3
    assert comparison.path.endswith("photo_x2.png")
    assert (
        comparison.summary == "34 x 40 pixels upscaled to 68 x 80 by tiny.h5."
    )
    assert fractions[0] == 0
    assert fractions[-1] == 1


def test_a_thumbnail_shows_the_photo_small_and_upright(session, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    session = DemoSession(tmp_path, max_pixels=200_000)
    large = np.repeat(np.repeat(PIXELS, 10, axis=0), 10, axis=1)
    path = session.thumbnail(saved(tmp_path, large, "a.jpg", exif=exif))
    with Image.open(path) as image:
        assert (image.mode, image.format) == ("RGB", "PNG")
        assert image.size == (320, 272)
        small = np.asarray(image.resize((40, 34))).astype(int)
    upright = PIXELS.swapaxes(0, 1)[:, ::-1]
    assert np.abs(small - upright).mean() < 8
    (tmp_path / "notes.txt").write_text("milk, bread")
    with pytest.raises(UserError, match=r"notes\.txt .* not an image"):
        session.thumbnail(str(tmp_path / "notes.txt"))


@pytest.mark.integration
def test_the_strength_of_denoising_is_of_models_with_a_partner(
    session, model, tmp_path
):
    path = saved(tmp_path, PIXELS)

    def run(name, denoise):
        found = session.compare(path, name, lambda *_: None, denoise)
        return np.asarray(Image.open(found.path)), found.summary

    assert session.has_denoise("photo-x2") and not session.has_denoise(model)
    weak, summary = run("photo-x2", 0.25)
    assert summary.endswith("by photo-x2 with denoise 0.25.")
    np.testing.assert_array_equal(
        weak, upscale(PIXELS, "photo-x2", denoise=0.25)
    )
    assert (run("photo-x2", 1)[0] != weak).any()
    assert run(model, 0.25)[1].endswith("by tiny.h5.")


def test_the_exif_orientation_is_applied(session, model, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    _, before, after, whole = compare(
        session, saved(tmp_path, PIXELS, "photo.jpg", exif=exif), model
    )
    assert before.shape == after.shape == whole.shape == (68, 80, 3)


def test_the_file_has_16_bits_and_the_page_shows_8(session, model, tmp_path):
    deep = PIXELS[..., 0].astype(np.uint16) * 257
    _, before, after, whole = compare(session, saved(tmp_path, deep), model)
    assert whole.dtype == np.uint16
    assert before.dtype == after.dtype == np.uint8
    np.testing.assert_allclose(after[..., 0], whole / 257, atol=0.51)


def test_transparent_pixels_are_shown_white(session, model, tmp_path):
    pixels = np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)])
    pixels[:, 17:, 3] = 0
    _, before, after, whole = compare(session, saved(tmp_path, pixels), model)
    assert whole.shape[-1] == 4
    for shown in (before, after):
        assert (shown[:, 50:] == 255).all()
        assert not (shown[:, :20] == 255).all()


def test_the_center_of_a_large_image_is_shown(
    session, model, tmp_path, monkeypatch
):
    monkeypatch.setattr(demo_session, "_MAX_SHOWN_PIXELS", 1400)
    comparison, before, after, whole = compare(
        session, saved(tmp_path, PIXELS), model
    )
    assert before.shape == after.shape == (40, 34, 3)
    np.testing.assert_array_equal(after, whole[20:60, 16:50])
    # The same part of the photo.
    lr = np.asarray(Image.fromarray(before).reduce(2)).astype(int)
    assert np.abs(lr - PIXELS[10:30, 8:25]).mean() < 4
    assert "Only the center is shown" in comparison.summary


def test_an_unreadable_file_is_named_with_the_reason(session, model, tmp_path):
    (tmp_path / "notes.txt").write_text("milk, bread")
    with pytest.raises(UserError, match=r"notes\.txt .* not an image"):
        compare(session, str(tmp_path / "notes.txt"), model)
    large = saved(tmp_path, np.zeros((50, 50), np.uint8))
    with pytest.raises(UserError, match="more than 2,000 pixels"):
        compare(session, large, model)


def test_pretrained_weights_and_the_given_model_are_offered(
    session, model, tmp_path
):
    assert [name for _, name in session.choices] == [model, *PRETRAINED]
    labels = dict((name, label) for label, name in session.choices)
    assert labels[model] == "tiny.h5: x2"
    assert "invents" in labels["compact-x4-gan"]
    assert "invents" not in labels["compact-x4"]
    assert "JPEG" in labels["photo-x4"] and "clean" in labels["compact-x4"]
    with pytest.raises(UserError, match="there is no model"):
        DemoSession(tmp_path, 10, "absent.h5")
