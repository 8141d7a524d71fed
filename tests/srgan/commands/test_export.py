import json

import keras
import numpy as np
import pytest

from gancore.errors import RuntimeFailure
from gancore.export.formats import FORMATS
from gancore.saving.model_io import save_h5
from srgan import Generator
from srgan.commands.export import (
    ExportOptions,
    max_difference,
    run,
    with_named_ends,
)

RANDOM = np.random.default_rng(3)
# Sizes other than those of the command, without a common divisor.
LOW = RANDOM.uniform(0, 255, (2, 17, 23, 3)).astype("float32")
NOISE = RANDOM.normal(size=(2, 17, 23, 2)).astype("float32")


def perturbed(network):
    """Adds noise to every weight, as training would."""
    network.set_weights(
        [
            w + np.abs(RANDOM.normal(0, 0.01, w.shape))
            for w in network.get_weights()
        ]
    )
    return network


@pytest.fixture
def exported(tmp_path):
    """Saves an SR model and exports it; returns the path of the export."""

    def run_export(network, format):
        pytest.importorskip(FORMATS[format].runtime)
        path = tmp_path / "model.h5"
        save_h5(network, path, {"package": "srgan", "data": {"name": "us"}})
        target = tmp_path / f"out{FORMATS[format].ending}"
        options = ExportOptions(
            model=str(path), format=format, output=str(target)
        )
        options.check()
        assert run(options) == 0
        return target

    return run_export


def test_onnx_upscales_images_of_any_size(exported):
    onnxruntime = pytest.importorskip("onnxruntime")
    network = perturbed(Generator(4, blocks=2, filters=4, compact=True))
    target = exported(network, "onnx")
    session = onnxruntime.InferenceSession(target)
    (low_end,), (high_end,) = session.get_inputs(), session.get_outputs()
    assert low_end.shape == ["batch", "height", "width", 3]
    assert high_end.shape == ["batch", "4*height", "4*width", 3]
    for low in (LOW, LOW[:1, :3, :5]):
        (high,) = session.run(["high"], {"low": low})
        np.testing.assert_allclose(high, network(low), atol=2e-3)
    metadata = json.loads(target.with_name("out.onnx.json").read_text())
    assert metadata["scale"] == 4 and metadata["data"] == {"name": "us"}
    assert metadata["outputs"]["high"]["shape"] == high_end.shape
    # The receptive field of a pixel is as large as the metadata states.
    probe = np.zeros((2, 41, 41, 3), "float32")
    probe[1, 20, 20] = 255
    (response,) = session.run(["high"], {"low": probe})
    rows = np.flatnonzero(np.abs(response[1] - response[0]).max(axis=(1, 2)))
    reach = 4 * metadata["reach"]
    assert 80 - reach <= rows[0] < 80 - reach + 8
    assert 84 + reach - 8 < rows[-1] + 1 <= 84 + reach
    assert 0 <= metadata["tried"]["largest_difference"] < 2e-3


def test_litert_upscales_images_of_any_size(exported):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    # The paper's network, with moving statistics unlike the initial ones.
    network = perturbed(Generator(2, blocks=1, filters=4, batch_norm=True))
    target = exported(network, "litert")
    upscale = litert.Interpreter(str(target)).get_signature_runner()
    for low in (LOW, LOW[:1, :3, :5]):
        high = upscale(low=low)["high"]
        np.testing.assert_allclose(high, network(low), atol=2e-3)


def test_a_saved_model_has_a_noise_input(exported):
    import tensorflow as tf

    network = perturbed(Generator(2, blocks=1, filters=4, noise_channels=2))
    target = exported(network, "saved_model")
    loaded = tf.saved_model.load(str(target))
    high = loaded.signatures["serving_default"](
        low=tf.constant(LOW), noise=tf.constant(NOISE)
    )["high"]
    np.testing.assert_allclose(high, network([LOW, NOISE]), atol=2e-3)
    assert not np.allclose(high, network([LOW, NOISE[::-1]]), atol=2e-3)


def test_max_difference_finds_an_offset():
    upscaler = Generator(2, blocks=1, filters=4, noise_channels=2)
    network, _, scale = with_named_ends(upscaler)
    assert scale == 2

    def offset_by(levels):
        return lambda inputs: {"high": network(inputs)["high"] + levels}

    assert max_difference(offset_by(0.0), upscaler) < 1e-3
    # Bicubic overshoots 255 a little.
    assert 0.35 < max_difference(offset_by(0.5), upscaler) <= 0.5
    assert np.isnan(max_difference(offset_by(np.nan), upscaler))


def test_a_layer_without_dynamic_sizes_is_refused(exported, tmp_path):
    low = keras.Input((None, None, 3))
    up = keras.layers.UpSampling2D(2, interpolation="bicubic")
    message = r"cannot be written as out\.tflite: .* UpSampling2D"
    with pytest.raises(RuntimeFailure, match=message):
        exported(keras.Model(low, up(low)), "litert")
    assert [path.name for path in tmp_path.iterdir()] == ["model.h5"]
