"""`.keras` files are loaded as `.h5` files are, after the same checks."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import srgan
from gancore.errors import UserError

IMAGE = np.random.default_rng(0).uniform(0, 255, (1, 8, 9, 3)).astype("float32")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A `.keras` file that plain Keras has written, compiled and trained."""
    low = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(low)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.1)(x)
    high = keras.layers.Conv2DTranspose(3, 4, 2, padding="same")(x)
    model = keras.Model(low, high)
    model.compile("adam", "mse")
    model.fit(IMAGE, np.zeros((1, 16, 18, 3)), verbose=0)
    path = tmp_path_factory.mktemp("original") / "m.keras"
    model.save(path)
    return path


@pytest.fixture
def archive(original, tmp_path):
    """A copy of it."""
    return Path(shutil.copy(original, tmp_path))


def rewritten(path, **parts):
    """Replaces parts of the archive; `None` leaves one out."""
    with zipfile.ZipFile(path) as source:
        files = {name: source.read(name) for name in source.namelist()}
    files.update(parts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            if data is not None:
                out.writestr(name, data)
    path.write_bytes(buffer.getvalue())


def config_of(path):
    with zipfile.ZipFile(path) as source:
        return json.loads(source.read("config.json"))


def test_it_computes_what_keras_computes(archive):
    expected = keras.models.load_model(archive).predict(IMAGE, verbose=0)
    found = srgan.load(archive).predict(IMAGE, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert expected.std() > 0


def test_code_in_a_config_is_not_run(archive):
    config = config_of(archive)
    config["config"]["layers"][1]["class_name"] = "Lambda"
    rewritten(archive, **{"config.json": json.dumps(config)})
    with pytest.raises(UserError, match="refused: it has a 'Lambda'"):
        srgan.load(archive)


def test_weights_that_are_not_in_the_file_take_no_memory(archive):
    config = config_of(archive)
    config["config"]["layers"][1]["config"]["filters"] = 2**30
    rewritten(archive, **{"config.json": json.dumps(config)})
    with pytest.raises(UserError, match="Keras cannot load"):
        srgan.load(archive)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"model.weights.h5": None}, "damaged"),
        ({"config.json": None}, "damaged"),
        ({"config.json": b"{"}, "cannot load"),
        ({"config.json": b" " * 2**23}, "more than"),
        ({"model.weights.h5": b"no HDF5"}, "cannot load"),
    ],
)
def test_a_damaged_archive_is_one_sentence(archive, parts, reason):
    rewritten(archive, **parts)
    with pytest.raises(UserError, match=reason) as caught:
        srgan.load(archive)
    assert len(str(caught.value).splitlines()) == 1


def test_every_cut_is_an_error(archive):
    data = archive.read_bytes()
    for length in range(4, len(data), len(data) // 20):
        archive.write_bytes(data[:length])
        with pytest.raises(UserError):
            srgan.load(archive)
