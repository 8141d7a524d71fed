import h5py
import keras
import numpy as np
import pytest

import textgan
from gancore.errors import UserError
from gancore.saving.model_io import save_h5
from srgan import Discriminator, Generator
from srgan.inference import load as loading
from srgan.inference.load import PRETRAINED, load, noise_channels, scale_of

layers = keras.layers


@pytest.fixture
def saved(tmp_path):
    """Saves a tiny generator."""
    path = tmp_path / "model.h5"
    generator = Generator(2, blocks=1, filters=4)
    save_h5(generator, path, {"package": "srgan", "scale": 2})
    return path


def make_model(outputs, channels=3, size=(None, None)):
    low = keras.Input((*size, channels))
    return keras.Model(low, outputs(low))


def test_models_are_loaded_by_path(saved):
    low = np.full((1, 5, 7, 3), 9.0, "float32")
    model = load(saved)
    np.testing.assert_array_equal(model(low), load(str(saved))(low))
    assert scale_of(model) == 2


def test_pretrained_weights_are_loaded_by_name(saved, monkeypatch):
    monkeypatch.setattr(loading, "_WEIGHTS", saved.parent)
    saved.rename(saved.parent / "compact-x2.h5")
    assert scale_of(load("compact-x2")) == PRETRAINED["compact-x2"]
    with pytest.raises(UserError, match="compact-x4 are not installed"):
        load("compact-x4")


def test_any_keras_model_is_loaded(tmp_path):
    model = make_model(layers.UpSampling2D(3))
    model.save(tmp_path / "a.h5")
    assert scale_of(load(tmp_path / "a.h5")) == 3


@pytest.mark.parametrize(
    ("settings", "scale"), [({}, 4), ({"noise_channels": 2}, 8)]
)
def test_scale_and_noise_are_found(settings, scale):
    generator = Generator(scale, blocks=1, filters=2, **settings)
    assert scale_of(generator) == scale
    assert noise_channels(generator) == settings.get("noise_channels", 0)


@pytest.mark.parametrize(
    "model",
    [
        make_model(layers.MaxPooling2D(2)),
        make_model(layers.UpSampling2D((2, 1))),
        make_model(layers.Conv2D(3, 3)),
    ],
)
def test_models_that_do_not_upscale_are_refused(model):
    with pytest.raises(UserError, match="no upscaling by an integer"):
        scale_of(model)


def test_models_in_memory_are_checked_like_files():
    with pytest.raises(UserError, match="does not map RGB to RGB"):
        scale_of(make_model(layers.Conv2D(4, 1)))
    upscaler = make_model(layers.UpSampling2D(2))
    twice = keras.Model(upscaler.input, [upscaler.output, upscaler.output])
    with pytest.raises(UserError, match="is no image but"):
        scale_of(twice)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(
        UserError, match=r"no model nonsense; give .*compact-x2"
    ):
        load("nonsense")
    with pytest.raises(UserError, match=r"did you mean compact-x4\?"):
        load("compact_x4")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git-LFS pointer"),
        (b"just some words", "not an HDF5"),
    ],
)
def test_other_kinds_of_files_are_reported(content, reason, tmp_path):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(UserError, match=reason):
        load(path)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"holds no model\.h5"):
        load(tmp_path)


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_truncated_file_is_reported(part, saved):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(part * len(data))])
    with pytest.raises(UserError, match="truncated or damaged"):
        load(saved)


def test_weights_alone_are_refused(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["numbers"] = [1, 2]
    with pytest.raises(UserError, match="holds no Keras model"):
        load(path)


def test_legacy_weights_are_loaded(outside):
    model = load(outside("peers/krasserm/pre_generator.h5"))
    assert scale_of(model) == 4


def test_other_networks_are_refused(tmp_path):
    path = tmp_path / "a.h5"
    save_h5(textgan.Generator(50, 12, 16), path, {"package": "textgan"})
    with pytest.raises(UserError, match=r"generator of jokes \(textgan\)"):
        load(path)
    save_h5(Discriminator(0.1), path, {"package": "srgan"})
    with pytest.raises(UserError, match="is it a discriminator"):
        load(path)
    for model, reason in (
        (make_model(layers.UpSampling2D(2), channels=1), "map RGB to RGB"),
        (make_model(layers.Conv2D(1, 1)), "its output 1"),
        (make_model(layers.UpSampling2D(2), size=(8, 6)), "of 6 x 8 pixels"),
    ):
        model.save(path)
        with pytest.raises(UserError, match=reason):
            load(path)


def test_code_in_a_file_is_not_executed(tmp_path):
    path = tmp_path / "a.h5"
    make_model(layers.Lambda(lambda x: x)).save(path)
    with pytest.raises(UserError, match=r"Lambda.*not allowed"):
        load(path)
