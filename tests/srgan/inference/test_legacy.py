import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from gancore.saving.model_io import read_metadata, save_h5
from gancore.saving.safe_h5 import open_checked
from srgan import Generator
from srgan.commands.convert import ConvertOptions, run
from srgan.evaluation.evaluator import evaluate
from srgan.inference.legacy import is_legacy, read_legacy
from srgan.inference.load import load

RANDOM = np.random.default_rng(0)
FILTERS = 5


def conv(name, size, inputs, filters):
    scale = 1 / np.sqrt(size * size * inputs)
    kernel = RANDOM.normal(0, scale, (size, size, inputs, filters))
    return name, {"kernel": kernel, "bias": RANDOM.normal(0, 0.3, filters)}


def norm(name):
    return name, {
        "gamma": RANDOM.uniform(0.5, 1.5, FILTERS),
        "beta": RANDOM.normal(0, 0.3, FILTERS),
        "moving_mean": RANDOM.normal(0, 0.3, FILTERS),
        "moving_variance": RANDOM.uniform(0.5, 1.5, FILTERS),
    }


def prelu(name):
    return name, {"alpha": RANDOM.uniform(-0.5, 0.5, (1, 1, FILTERS))}


def srresnet(blocks=2, ratios=(2, 2)):
    """The layers of a file, with random weights."""
    layers = [("input_1", {}), conv("conv2d", 9, 3, FILTERS), prelu("p_re_lu")]
    for i in range(blocks):
        layers += [
            conv(f"a{i}", 3, FILTERS, FILTERS), norm(f"an{i}"),
            prelu(f"p{i}"),
            conv(f"b{i}", 3, FILTERS, FILTERS), norm(f"bn{i}"),
            (f"add_{i}", {}),
        ]  # fmt: skip
    layers += [conv("trunk", 3, FILTERS, FILTERS), norm("trunk_norm")]
    for i, ratio in enumerate(ratios):
        layers += [
            conv(f"up{i}", 3, FILTERS, FILTERS * ratio**2),
            (f"lambda_{i}", {}),
            prelu(f"up_p{i}"),
        ]
    return [*layers, conv("tail", 9, FILTERS, 3)]


def write(path, layers, as_text=False):
    """Writes the layout of Keras 2's `save_weights`."""
    encode = str if as_text else str.encode
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [encode(name) for name, _ in layers]
        file.attrs["backend"] = encode("tensorflow")
        for name, weights in layers:
            group = file.create_group(name)
            names = [f"{name}/{key}:0" for key in weights]
            group.attrs["weight_names"] = [encode(n) for n in names]
            for path_in_file, value in zip(
                names, weights.values(), strict=True
            ):
                group[path_in_file] = value.astype("float32")
    return path


def rebuilt(path):
    with open_checked(path) as checked:
        assert is_legacy(checked)
        return read_legacy(checked)


def reference(layers, low, blocks, ratios):
    """The network as published, step by step, in double precision."""
    left = [weights for _, weights in layers if weights]

    def convolve(x):
        w = left.pop(0)
        return tf.nn.conv2d(x, w["kernel"], 1, "SAME") + w["bias"]

    def normalize(x):
        w = left.pop(0)
        deviation = np.sqrt(w["moving_variance"] + 1e-3)
        return w["gamma"] * (x - w["moving_mean"]) / deviation + w["beta"]

    def activate(x):
        return tf.maximum(x, 0) + left.pop(0)["alpha"] * tf.minimum(x, 0)

    x = start = activate(convolve(tf.cast(low, tf.float64) / 255))
    for _ in range(blocks):
        y = normalize(convolve(activate(normalize(convolve(x)))))
        x = x + y
    x = normalize(convolve(x)) + start
    for ratio in ratios:
        x = activate(tf.nn.depth_to_space(convolve(x), ratio))
    return tf.tanh(convolve(x)) * 127.5 + 127.5


@pytest.mark.parametrize(
    ("blocks", "ratios"), [(0, (2,)), (1, (3,)), (2, (2, 2))]
)
def test_the_rebuilt_network_equals_the_published_one(tmp_path, blocks, ratios):
    layers = srresnet(blocks, ratios)
    path = write(tmp_path / "old.h5", layers)
    low = RANDOM.uniform(0, 255, (1, 9, 12, 3)).astype("float32")
    expected = reference(layers, low, blocks, ratios).numpy()
    assert expected.std() > 20
    # In gray levels, although batch normalization is folded away.
    np.testing.assert_allclose(rebuilt(path)(low), expected, atol=1e-3)


def test_attributes_may_be_text(tmp_path):
    path = write(tmp_path / "old.h5", srresnet(), as_text=True)
    assert rebuilt(path).output_shape == (None, None, None, 3)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: x[:-1], "a convolution with bias .* between up_p1"),
        (lambda x: x[:4] + x[5:], "a batch normalization .* between a0 and p0"),
        (lambda x: x[:3], "a convolution with bias .* p_re_lu and the end"),
        (lambda x: [*x, norm("extra")], "extra follows tail"),
        (
            lambda x: [*x[:-1], conv("tail", 9, FILTERS + 1, 3)],
            "tail does not fit the layer before it",
        ),
        (
            lambda x: [*x[:-4], conv("up1", 3, FILTERS, 7), *x[-3:]],
            "up1 is no 3x3 convolution to 5 times a square number",
        ),
        (lambda x: [], "a convolution with bias is missing between the start"),
    ],
)  # fmt: skip
def test_other_architectures_are_refused(tmp_path, spoil, message):
    path = write(tmp_path / "old.h5", spoil(srresnet()))
    with pytest.raises(UserError, match=f"old.h5 holds no SRResNet: {message}"):
        rebuilt(path)


def test_other_files_are_not_legacy(tmp_path):
    save_h5(Generator(2, 1, 4), tmp_path / "new.h5", {})
    with open_checked(tmp_path / "new.h5") as checked:
        assert not is_legacy(checked)
        with pytest.raises(UserError, match=r"new\.h5 is no legacy weights"):
            read_legacy(checked)


def test_unknown_number_types_are_reported(tmp_path):
    path = write(tmp_path / "old.h5", srresnet())
    with h5py.File(path, "r+") as file:
        name = next(iter(file))
        weights = file[name].attrs["weight_names"][0].encode()
        del file[name][weights]
        # Found by fuzzing: h5py cannot interpret its exponents.
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_ebias(0)
        space = h5py.h5s.create(h5py.h5s.SCALAR)
        array = h5py.h5d.create(file[name].id, weights, kind, space)
        array.write(space, space, np.float32([1]), kind)
    with pytest.raises(UserError, match=r"old\.h5 is no legacy weights"):
        rebuilt(path)


def convert(tmp_path, **changes):
    settings = dict(old=str(tmp_path / "old.h5"), new=str(tmp_path / "new.h5"))
    return run(ConvertOptions(**{**settings, **changes}))


@pytest.mark.integration
def test_a_converted_file_loads_without_this_project(tmp_path):
    path = write(tmp_path / "old.h5", srresnet())
    assert convert(tmp_path) == 0
    assert read_metadata(tmp_path / "new.h5")["scale"] == 4
    assert read_metadata(tmp_path / "new.h5")["converted_from"] == "old.h5"
    low = RANDOM.uniform(0, 255, (1, 8, 6, 3)).astype("float32")
    np.save(tmp_path / "low.npy", low)
    code = """
import sys
for name in ("gancore", "srgan", "textgan"):
    sys.modules[name] = None
import keras, numpy as np
model = keras.models.load_model("new.h5")
np.save("high.npy", model(np.load("low.npy"), training=False))
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(
        np.load(tmp_path / "high.npy"), rebuilt(path)(low)
    )


def test_convert_refuses_unusable_paths(tmp_path):
    with pytest.raises(UserError, match=r"there is no file .*old\.h5"):
        convert(tmp_path)
    with pytest.raises(UserError, match=r"new\.keras does not end in \.h5"):
        convert(tmp_path, new=str(tmp_path / "new.keras"))
    save_h5(Generator(2, 1, 4), tmp_path / "old.h5", {})
    with pytest.raises(UserError, match="there is nothing to convert"):
        convert(tmp_path)
    write(tmp_path / "old.h5", srresnet())
    (tmp_path / "new.h5").write_text("precious")
    with pytest.raises(UserError, match="exists already; --overwrite"):
        convert(tmp_path)
    assert (tmp_path / "new.h5").read_text() == "precious"
    assert convert(tmp_path, overwrite=True) == 0
    assert keras.models.load_model(tmp_path / "new.h5", compile=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Near the paper's table 2: SRResNet 32.05 dB, .9019; SRGAN 29.40 dB,
        # .8472. These are of the files themselves, run as published.
        ("pre_generator", [32.01, 0.8929, 0.9005]),
        ("gan_generator", [29.18, 0.8415, 0.8524]),
    ],
)
def test_real_files_have_their_scores_on_set5(name, expected, outside):
    network = load(outside(f"peers/krasserm/{name}.h5"))
    mean = evaluate(network, outside("data/sr/test/Set5")).mean
    assert mean.psnr == pytest.approx(expected[0], abs=5.1e-3)
    assert mean.ssim == pytest.approx(expected[1], abs=5.1e-5)
    assert mean.daala_ssim == pytest.approx(expected[2], abs=5.1e-5)
