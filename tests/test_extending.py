"""The examples of docs/extending.md, run and checked by arithmetic."""

import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import srgan
from gancore.saving.model_io import save_h5


@pytest.fixture
def example(root):
    """Runs the example that defines a class, and returns its namespace."""

    def run(defines):
        text = (root / "docs" / "extending.md").read_text(encoding="utf-8")
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        assert len(blocks) == 3
        (code,) = (block for block in blocks if f"class {defines}" in block)
        lines = [line for line in code.splitlines() if line]
        assert len(lines) < 30
        names = {"__name__": "example"}
        exec(compile(code, defines, "exec"), names)
        return names

    return run


def train(gan):
    """Trains a few steps on one pair of images, and returns the losses."""
    hr = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3))
    hr = hr.astype("float32")
    lr = hr.reshape(1, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    pairs = tf.data.Dataset.from_tensors((lr, hr)).repeat(12)
    history = gan.fit(pairs, epochs=3, verbose=0, shuffle=False).history
    return lr, hr, history["gen_loss"]


def test_new_loss_is_added_and_minimized(example):
    gan = example("EdgeGAN")["gan"]
    lr, hr, losses = train(gan)
    assert losses[-1] < losses[0]
    sr = gan(lr)
    error = (np.asarray(sr) - hr) / 255
    # The differences beyond the last row and column are 0.
    edges = np.abs(np.diff(error, axis=1)).sum() / error.size
    edges += np.abs(np.diff(error, axis=2)).sum() / error.size
    loss = gan.generator_loss(lr, sr, tf.constant(hr), False)
    assert float(loss) == pytest.approx(
        np.abs(error).mean() + 0.5 * edges, rel=1e-4
    )


def test_new_generator_trains_and_loads_without_this_project(example, tmp_path):
    small = example("Small")["Small"]()
    gan = srgan.GAN(small, srgan.Discriminator(0.1))
    objective = srgan.LossConfig(perceptual_weight=0.0, adversarial_weight=0.0)
    gan.compile(
        keras.optimizers.Adam(), keras.optimizers.Adam(), objective=objective
    )
    lr, _, losses = train(gan)
    assert losses[-1] < losses[0]
    save_h5(gan.ema_generator, tmp_path / "small.h5", {"package": "srgan"})
    np.save(tmp_path / "lr.npy", lr)
    code = (
        "import keras, numpy as np, sys; "
        "model = keras.models.load_model('small.h5'); "
        "np.save('sr.npy', model(np.load('lr.npy'))); "
        "print([m for m in ('srgan', 'gancore') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"
    expected = np.clip(np.round(gan(lr)[0]), 0, 255)
    sr = np.clip(np.round(np.load(tmp_path / "sr.npy")[0]), 0, 255)
    np.testing.assert_array_equal(sr, expected)
    # And with this project, by tiles.
    photo = np.round(lr[0]).astype("uint8")
    large = srgan.upscale(photo, tmp_path / "small.h5")
    assert large.shape == (32, 32, 3)


def test_new_sampler_has_the_expected_distribution(example):
    names = example("MinP")
    assert len(names["texts"]) == 3
    assert all(text.startswith("I told my wife") for text in names["texts"])
    assert names["texts"] == names["text_generator"].generate(
        "I told my wife", 3
    )
    # Of the probabilities 0.5, 0.3, 0.16 and 0.04 the last is below a tenth of
    # the first; the others are drawn in proportion.
    shares = np.array([0.3, 0.04, 0.5, 0.16])
    draws = (np.arange(9600) + 0.5) / 9600
    logits = np.tile(np.log(shares).astype("float32"), (9600, 1))
    chosen = names["MinP"](0.1)(logits, draws)
    counts = np.bincount(chosen, minlength=4)
    np.testing.assert_allclose(counts, [3000, 0, 5000, 1600], atol=1)
