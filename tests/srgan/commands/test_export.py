import json

import keras
import numpy as np
import pytest

from gancore.errors import RuntimeFailure
from gancore.export.formats import FORMATS
from gancore.saving.model_io import save_h5
from srgan import Generator
from srgan.commands.export import ExportOptions, difference, named, run

RANDOM = np.random.default_rng(3)
# Sides with no common divisor, other ones than the command tries.
LOW = RANDOM.uniform(0, 255, (2, 17, 23, 3)).astype("float32")
NOISE = RANDOM.normal(size=(2, 17, 23, 2)).astype("float32")


def shaken(network):
    """Gives every weight a value of its own, as training would."""
    network.set_weights(
        [
            w + np.abs(RANDOM.normal(0, 0.01, w.shape))
            for w in network.get_weights()
        ]
    )
    return network


@pytest.fixture
def exported(tmp_path):
    """Saves an SR model, calls the command, and gives its target."""

    def make(network, format):
        pytest.importorskip(FORMATS[format].runtime)
        path = tmp_path / "model.h5"
        save_h5(network, path, {"package": "srgan", "data": {"name": "us"}})
        target = tmp_path / f"out{FORMATS[format].ending}"
        options = ExportOptions(model=str(path), format=format, to=str(target))
        options.check()
        assert run(options) == 0
        return target

    return make


def test_onnx_upscales_images_of_any_size(exported):
    onnxruntime = pytest.importorskip("onnxruntime")
    network = shaken(Generator(4, blocks=2, filters=4, compact=True))
    target = exported(network, "onnx")
    session = onnxruntime.InferenceSession(target)
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert given.shape == ["batch", "height", "width", 3]
    assert made.shape == ["batch", "4*height", "4*width", 3]
    for low in (LOW, LOW[:1, :3, :5]):
        (high,) = session.run(["high"], {"low": low})
        np.testing.assert_allclose(high, network(low), atol=2e-3)
    message = json.loads(target.with_name("out.onnx.json").read_text())
    assert message["scale"] == 4 and message["data"] == {"name": "us"}
    assert message["outputs"]["high"]["shape"] == made.shape
    # A pixel of the middle is seen as far as the file says, and no farther.
    probe = np.zeros((2, 41, 41, 3), "float32")
    probe[1, 20, 20] = 255
    (seen,) = session.run(["high"], {"low": probe})
    rows = np.flatnonzero(np.abs(seen[1] - seen[0]).max(axis=(1, 2)))
    reach = 4 * message["reach"]
    assert 80 - reach <= rows[0] < 80 - reach + 8
    assert 84 + reach - 8 < rows[-1] + 1 <= 84 + reach
    assert 0 <= message["tried"]["largest_difference"] < 2e-3


def test_litert_upscales_images_of_any_size(exported):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    # The paper's network, whose statistics are not those of a new one.
    network = shaken(Generator(2, blocks=1, filters=4, batch_norm=True))
    target = exported(network, "litert")
    upscale = litert.Interpreter(str(target)).get_signature_runner()
    for low in (LOW, LOW[:1, :3, :5]):
        high = upscale(low=low)["high"]
        np.testing.assert_allclose(high, network(low), atol=2e-3)


def test_a_saved_model_takes_noise_too(exported):
    import tensorflow as tf

    network = shaken(Generator(2, blocks=1, filters=4, noise_channels=2))
    target = exported(network, "saved_model")
    loaded = tf.saved_model.load(str(target))
    high = loaded.signatures["serving_default"](
        low=tf.constant(LOW), noise=tf.constant(NOISE)
    )["high"]
    np.testing.assert_allclose(high, network([LOW, NOISE]), atol=2e-3)
    assert not np.allclose(high, network([LOW, NOISE[::-1]]), atol=2e-3)


def test_the_trial_sees_what_is_off():
    upscaler = Generator(2, blocks=1, filters=4, noise_channels=2)
    network, _, scale = named(upscaler)
    assert scale == 2

    def off_by(levels):
        return lambda inputs: {"high": network(inputs)["high"] + levels}

    assert difference(off_by(0.0), upscaler) < 1e-3
    # Bicubic overshoots 255 a little.
    assert 0.35 < difference(off_by(0.5), upscaler) <= 0.5
    assert np.isnan(difference(off_by(np.nan), upscaler))


def test_a_untrusted_layer_that_takes_no_image_of_any_size(exported, tmp_path):
    low = keras.Input((None, None, 3))
    up = keras.layers.UpSampling2D(2, interpolation="bicubic")
    complaint = r"cannot be written as out\.tflite: .* UpSampling2D"
    with pytest.raises(RuntimeFailure, match=complaint):
        exported(keras.Model(low, up(low)), "litert")
    assert [path.name for path in tmp_path.iterdir()] == ["model.h5"]
