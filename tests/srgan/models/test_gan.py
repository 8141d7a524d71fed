import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from srgan import (
    GAN,
    Discriminator,
    FeatureExtractor,
    Generator,
    LossConfig,
    UNetDiscriminator,
)
from srgan.data.dead_leaves import dead_leaves
from srgan.data.mapping_network import MappingNetwork
from srgan.evaluation.evaluator import bicubic_psnr
from srgan.metrics.psnr_ssim import psnr, ssim
from srgan.training.previews import draw_comparison


@pytest.fixture(scope="module")
def pairs():
    hr = np.stack([dead_leaves(32, seed) for seed in range(4)])
    lr = MappingNetwork(2)(hr)
    data = tf.data.Dataset.from_tensors(
        (tf.cast(lr, tf.float32), tf.cast(hr, tf.float32))
    )
    return data.cache()


def objective(**terms):
    """Pixel loss only, except for the given terms."""
    return LossConfig(
        **{"perceptual_weight": 0.0, "adversarial_weight": 0.0, **terms}
    )


def make(weight=0.0, g_rate=1e-3, d_rate=1e-3, terms=None, **options):
    gan = GAN(
        Generator(2, blocks=2, filters=8), Discriminator(width=0.1), **options
    )
    gan.compile(
        keras.optimizers.Adam(g_rate),
        keras.optimizers.Adam(d_rate),
        objective=objective(adversarial_weight=weight, **(terms or {})),
    )
    return gan


def fit(gan, pairs, epochs=1):
    return gan.fit(
        pairs, validation_data=pairs, epochs=epochs, verbose=0, shuffle=False
    ).history


def weights(network):
    return [w.copy() for w in network.get_weights()]


def changed(network, before):
    return [
        bool(np.abs(now - then).max() > 0)
        for now, then in zip(network.get_weights(), before, strict=True)
    ]


@pytest.mark.integration
def test_the_pixel_stage_beats_bicubic_without_the_discriminator(pairs):
    gan = make(0.0)
    discriminator = weights(gan.discriminator)
    history = fit(gan, pairs, epochs=60)
    assert not any(changed(gan.discriminator, discriminator))
    assert set(history["discrim_loss"]) == {0.0}
    assert history["loss"] == history["gen_loss"]
    bicubic = bicubic_psnr(pairs, MappingNetwork(2))
    assert history["val_psnr"][0] == pytest.approx(bicubic, abs=0.3)
    assert history["val_psnr"][-1] > bicubic + 0.5


def test_each_update_changes_its_own_network_only(pairs):
    gan = make(1.0)
    # The tail is zero at first, which blocks the gradient of what precedes it.
    gan.generator.get_layer("tail").kernel.assign_add(
        tf.fill(gan.generator.get_layer("tail").kernel.shape, 0.01)
    )
    optimizers = {
        gan.generator: gan.g_optimizer,
        gan.discriminator: gan.d_optimizer,
    }
    for trained in optimizers:
        before = {
            net: [w.numpy() for w in net.trainable_variables]
            for net in optimizers
        }
        for network, optimizer in optimizers.items():
            optimizer.learning_rate = 1e-3 if network is trained else 0.0
        fit(gan, pairs)
        for network in optimizers:
            changes = [
                np.abs(now - then).max() > 0
                for now, then in zip(
                    network.trainable_variables, before[network], strict=True
                )
                # Batch normalization cancels a bias before it.
                if not re.search(r"conv[1-7]/bias", now.path)
            ]
            assert all(changes) if network is trained else not any(changes)


def test_the_generators_step_does_not_update_batch_statistics(pairs):
    gan = make(1.0)
    before = weights(gan.discriminator)
    lr, hr = next(iter(pairs))
    with tf.GradientTape() as tape:
        sr = gan.generator(lr, training=True)
        loss = gan.generator_loss(lr, sr, hr)
    gan.apply_gradients_to(tape, loss, gan.generator_variables, gan.g_optimizer)
    assert not any(changed(gan.discriminator, before))


def test_the_adversarial_loss_has_a_gradient_in_the_generator(pairs):
    lr, hr = next(iter(pairs))
    alone, scored = (
        make(weight).generator for weight in (0.0, 100.0)
    )  # One seed each, so equal weights.
    scored.set_weights(alone.get_weights())
    gradients = []
    for weight, network in ((0.0, alone), (100.0, scored)):
        gan = GAN(network, Discriminator(width=0.1))
        gan.objective = objective(adversarial_weight=weight)
        with tf.GradientTape() as tape:
            sr = network(lr, training=True)
            loss = gan.generator_loss(lr, sr, hr)
        gradients.append(tape.gradient(loss, network.get_layer("tail").kernel))
    assert float(tf.norm(gradients[1] - gradients[0])) > 0


def test_logs_equal_their_definitions(pairs):
    gan = make(2.0, ema_decay=0.0)
    history = {key: rows[-1] for key, rows in fit(gan, pairs).items()}
    lr, hr = next(iter(pairs))
    sr = gan.generator(lr)
    assert history["val_psnr"] == pytest.approx(
        float(tf.reduce_mean(psnr(sr, hr, 2))), abs=1e-3
    )
    logit = gan.discriminator(sr)
    assert history["val_ssim"] == pytest.approx(
        float(tf.reduce_mean(ssim(sr, hr, 2))), abs=1e-5
    )
    assert "ssim" not in history
    expected = np.abs(sr - hr).mean() / 255
    expected += 2.0 * np.log1p(np.exp(-logit)).mean()
    assert history["val_gen_loss"] == pytest.approx(expected, rel=1e-4)
    for prefix in ("", "val_"):
        assert history[f"{prefix}loss"] == pytest.approx(
            history[f"{prefix}gen_loss"] + history[f"{prefix}discrim_loss"],
            rel=1e-5,
        )


@pytest.mark.integration
def test_the_discriminator_learns_to_separate_hr_from_sr(pairs):
    history = fit(make(1.0, g_rate=0.0), pairs, epochs=40)
    assert history["discrim_loss"][-1] < 0.5 < history["discrim_loss"][0]
    # Also with moving statistics, as in the generator's loss; chance is 1.386.
    assert history["val_discrim_loss"][-1] < 0.7


def test_first_losses_are_golden(pairs, root):
    golden = json.loads((root / "tests/golden/srgan.json").read_text())
    history = fit(make(1 / 255), pairs, epochs=len(golden["gen_loss"]))
    for name, values in golden.items():
        if name != "origin":
            np.testing.assert_allclose(history[name], values, rtol=1e-3)


TERMS = {
    "perceptual": {"perceptual_weight": 1.0},
    "relativistic": {"adversarial_loss": "relativistic"},
    "consistency": {"consistency_weight": 1.0},
    "mse": {"pixel_loss": "mse"},
}


@pytest.mark.parametrize("name", TERMS)
def test_each_term_changes_the_generators_gradient(pairs, name):
    """All other terms are the same, so that the change is due to the term."""
    lr, hr = next(iter(pairs))
    generator = Generator(2, blocks=1, filters=4)
    tail = generator.get_layer("tail").kernel
    tail.assign(keras.random.normal(tail.shape, stddev=0.01, seed=1))
    gan = GAN(
        generator,
        discriminator := Discriminator(width=0.1),
        features=discriminator_features(discriminator),
    )
    gradients = []
    for terms in ({}, TERMS[name]):
        gan.objective = objective(adversarial_weight=1.0, **terms)
        with tf.GradientTape() as tape:
            loss = gan.generator_loss(lr, generator(lr), hr)
        gradients.append(tape.gradient(loss, generator.trainable_variables[0]))
    assert float(tf.norm(gradients[1] - gradients[0])) > 0


def discriminator_features(discriminator):
    return FeatureExtractor(
        discriminator, discriminator.FEATURES, "none", fixed=False
    )


def test_a_perceptual_loss_takes_features_of_the_discriminator():
    gan = make(1.0, terms={"perceptual_weight": 1.0})
    assert gan.features.layers == gan.discriminator.FEATURES
    assert not gan.features.fixed


def test_a_perceptual_loss_without_features_is_rejected():
    x = keras.Input((None, None, 3))
    y = keras.layers.GlobalAveragePooling2D()(x)
    gan = GAN(Generator(2, blocks=1, filters=4), keras.Model(x, y))
    with pytest.raises(ValueError, match="features=FeatureExtractor"):
        gan.compile("adam", "adam", objective=objective(perceptual_weight=1.0))


def test_the_adversarial_weight_rises_during_warm_up():
    gan = make(0.5, terms={"adversarial_warmup_steps": 10})
    for step, weight in ((0, 0.0), (5, 0.25), (10, 0.5), (99, 0.5)):
        gan.g_optimizer.iterations.assign(step)
        assert float(gan._adversarial_weight(training=True)) == pytest.approx(
            weight
        )


def test_the_r1_penalty_equals_its_definition(pairs):
    _, hr = next(iter(pairs))
    discriminator = linear_discriminator()
    gan = GAN(Generator(2, blocks=1, filters=4), discriminator)
    losses = []
    for weight in (0.0, 1.0):
        gan.objective = objective(adversarial_weight=1.0, r1_weight=weight)
        losses.append(float(gan.discriminator_loss(hr, hr, training=True)))
    # It is linear: its gradient at a pixel, of pixels in -1..1, is its weight
    # over the number of pixels.
    kernel = discriminator.get_layer("linear").kernel.numpy().ravel()
    expected = 0.5 * (kernel**2).sum() / (32 * 32)
    assert losses[1] - losses[0] == pytest.approx(expected, rel=1e-3)


def linear_discriminator():
    images = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(images)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, keras.layers.Dense(1, name="linear")(x))


@pytest.mark.integration
def test_noise_makes_different_but_consistent_sr_images(pairs):
    """The noise map is used, and what it adds vanishes in the LR image."""
    gan = GAN(
        Generator(2, blocks=2, filters=16, noise_channels=1),
        Discriminator(width=0.1),
        ema_decay=0.0,
    )
    gan.compile(
        keras.optimizers.Adam(3e-3),
        keras.optimizers.Adam(1e-3),
        objective=objective(diversity=3.0, consistency_weight=3.0),
    )
    gan.fit(pairs, epochs=150, verbose=0, shuffle=False)
    lr, _ = next(iter(pairs))
    first, second = (
        gan.upscale(gan.generator, lr, training=True) for _ in range(2)
    )
    assert float(tf.reduce_mean(tf.abs(first - second))) > 1.5
    downscaled = [gan.mapping.downscale(sr) for sr in (first, second)]
    # Downscaled, they differ far less.
    difference = tf.abs(downscaled[0] - downscaled[1])
    assert float(tf.reduce_mean(difference)) < 0.75
    np.testing.assert_array_equal(gan(lr), gan(lr))


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["relativistic", "hinge", "least_squares"])
def test_a_u_net_discriminator_trains_with_every_loss(pairs, kind):
    gan = GAN(Generator(2, blocks=1, filters=4), UNetDiscriminator(width=0.1))
    gan.compile(
        keras.optimizers.Adam(0.0),
        keras.optimizers.Adam(1e-2),
        objective=objective(adversarial_weight=1.0, adversarial_loss=kind),
    )
    # Fakes that are too bright by 96 levels.
    gan.generator.get_layer("tail").bias.assign([6.0, 6.0, 6.0])
    losses = fit(gan, pairs, epochs=15)["discrim_loss"]
    assert losses[-1] < 0.7 * losses[0]


def test_the_comparison_figure_has_every_column(pairs, tmp_path):
    from PIL import Image

    path = tmp_path / "comparison.png"
    draw_comparison(make(), pairs, path, rows=2)
    image = np.asarray(Image.open(path).convert("RGB")).astype(float)
    width = image.shape[1]
    assert width == 1200
    quarters = np.split(image[:, : width // 4 * 4], 4, axis=1)
    assert all(quarter.std() > 20 for quarter in quarters)
    assert np.abs(quarters[0] - quarters[3]).mean() > 1
