import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from srgan import GAN, Discriminator, Generator
from srgan.dead_leaves import dead_leaves
from srgan.evaluation import bicubic_psnr
from srgan.figure import draw_comparison
from srgan.mapping import MappingNetwork
from srgan.metrics import psnr


@pytest.fixture(scope="module")
def pairs():
    high = np.stack([dead_leaves(32, seed) for seed in range(4)])
    low = MappingNetwork(2)(high)
    data = tf.data.Dataset.from_tensors(
        (tf.cast(low, tf.float32), tf.cast(high, tf.float32))
    )
    return data.cache()


def make(weight, g_rate=1e-3, d_rate=1e-3, **knobs):
    gan = GAN(
        Generator(2, blocks=2, filters=8), Discriminator(width=0.1), **knobs
    )
    gan.compile(
        keras.optimizers.Adam(g_rate),
        keras.optimizers.Adam(d_rate),
        adversarial_weight=weight,
    )
    return gan


def fit(gan, pairs, epochs=1):
    return gan.fit(
        pairs, validation_data=pairs, epochs=epochs, verbose=0, shuffle=False
    ).history


def weights(network):
    return [w.copy() for w in network.get_weights()]


def moved(network, before):
    return [
        bool(np.abs(now - then).max() > 0)
        for now, then in zip(network.get_weights(), before, strict=True)
    ]


def test_the_pixel_stage_beats_bicubic_and_leaves_the_judge(pairs):
    gan = make(0.0)
    judge = weights(gan.discriminator)
    history = fit(gan, pairs, epochs=60)
    assert not any(moved(gan.discriminator, judge))
    assert set(history["discrim_loss"]) == {0.0}
    assert history["loss"] == history["gen_loss"]
    bicubic = bicubic_psnr(pairs, 2)
    assert history["val_psnr"][0] == pytest.approx(bicubic, abs=0.3)
    assert history["val_psnr"][-1] > bicubic + 0.5


@pytest.mark.parametrize(("g_rate", "d_rate"), [(1e-3, 0.0), (0.0, 1e-3)])
def test_each_update_moves_its_own_network_only(pairs, g_rate, d_rate):
    gan = make(1.0, g_rate, d_rate)
    # The skip is frozen, the tail starts at zero and hides what is behind.
    gan.generator.get_layer("tail").kernel.assign_add(
        tf.fill(gan.generator.get_layer("tail").kernel.shape, 0.01)
    )
    g, d = gan.generator, gan.discriminator
    before = {
        net: [w.numpy() for w in net.trainable_variables] for net in (g, d)
    }
    fit(gan, pairs)
    for network, rate in ((g, g_rate), (d, d_rate)):
        changes = [
            np.abs(now - then).max() > 0
            for now, then in zip(
                network.trainable_variables, before[network], strict=True
            )
        ]
        assert all(changes) if rate else not any(changes)


def test_the_generators_step_leaves_the_judges_statistics(pairs):
    gan = make(1.0)
    before = weights(gan.discriminator)
    low, original = next(iter(pairs))
    with tf.GradientTape() as tape:
        loss = gan._objective(gan.generator(low, training=True), original)
    gan.descend(tape, loss, gan.generator, gan.g_optimizer)
    assert not any(moved(gan.discriminator, before))


def test_the_judges_gradient_reaches_the_generator(pairs):
    low, original = next(iter(pairs))
    alone, judged = (
        make(weight).generator for weight in (0.0, 100.0)
    )  # One seed each, so equal weights.
    judged.set_weights(alone.get_weights())
    gradients = []
    for weight, network in ((0.0, alone), (100.0, judged)):
        gan = GAN(network, Discriminator(width=0.1))
        gan.adversarial_weight = weight
        with tf.GradientTape() as tape:
            loss = gan._objective(network(low, training=True), original)
        gradients.append(tape.gradient(loss, network.get_layer("tail").kernel))
    assert float(tf.norm(gradients[1] - gradients[0])) > 0


def test_logs_hold_what_they_promise(pairs):
    gan = make(2.0, ema_decay=0.0)
    history = {key: rows[-1] for key, rows in fit(gan, pairs).items()}
    low, original = next(iter(pairs))
    high = gan.generator(low)
    assert history["val_psnr"] == pytest.approx(
        float(tf.reduce_mean(psnr(high, original, 2))), abs=1e-3
    )
    verdict = gan.discriminator(high)
    expected = np.abs(high - original).mean()
    expected += 2.0 * np.log1p(np.exp(-verdict)).mean()
    assert history["val_gen_loss"] == pytest.approx(expected, rel=1e-4)
    for prefix in ("", "val_"):
        assert history[f"{prefix}loss"] == pytest.approx(
            history[f"{prefix}gen_loss"] + history[f"{prefix}discrim_loss"],
            rel=1e-5,
        )


def test_the_judge_learns_to_tell_photographs_from_enlargements(pairs):
    history = fit(make(1.0, g_rate=0.0), pairs, epochs=40)
    assert history["discrim_loss"][-1] < 0.5 < history["discrim_loss"][0]
    # What it learnt holds with the statistics by which the generator is
    # judged, too; chance is 1.386.
    assert history["val_discrim_loss"][-1] < 0.7


def test_first_losses_are_golden(pairs, root):
    golden = json.loads((root / "tests/golden/srgan.json").read_text())
    history = fit(make(1.0), pairs, epochs=len(golden["gen_loss"]))
    for name, values in golden.items():
        if name != "origin":
            np.testing.assert_allclose(history[name], values, rtol=1e-3)


def test_the_figure_shows_every_column(pairs, tmp_path):
    from PIL import Image

    path = tmp_path / "comparison.png"
    draw_comparison(Generator(2, blocks=1, filters=4), pairs, 2, path, rows=2)
    picture = np.asarray(Image.open(path).convert("RGB")).astype(float)
    width = picture.shape[1]
    assert width == 1200
    quarters = np.split(picture[:, : width // 4 * 4], 4, axis=1)
    assert all(quarter.std() > 20 for quarter in quarters)
    assert np.abs(quarters[0] - quarters[3]).mean() > 1
