"""The GAN of a configuration, and its training with features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.callbacks.best_model import SaveBest
from gancore.config_fields import from_flat
from gancore.errors import UserError
from srgan.config import Config
from srgan.data.dead_leaves import dead_leaves
from srgan.data.mapping_network import MappingNetwork
from srgan.losses.perceptual import perceptual_distance
from srgan.models.build import build_gan
from srgan.models.unet_discriminator import UNetDiscriminator
from srgan.presets import PRESETS
from srgan.training.stages import plan_stages

TINY = {
    "blocks": 1,
    "filters": 4,
    "discriminator_width": 0.1,
    "steps_per_epoch": 1,
    "pixel_epochs": 1,
    "adversarial_epochs": 2,
    "adversarial_learning_rate": 1e-3,
}


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """A file with a feature network."""
    keras.utils.set_random_seed(1)
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(4, 3, activation="relu", name="near")(x)
    y = keras.layers.MaxPooling2D()(y)
    y = keras.layers.Conv2D(8, 3, activation="relu", name="far")(y)
    path = tmp_path_factory.mktemp("features") / "features.h5"
    keras.Model(x, y).save(path)
    return str(path)


@pytest.fixture(scope="module")
def pairs():
    hr = np.stack([dead_leaves(32, seed) for seed in range(2)])
    lr = MappingNetwork(4)(hr)
    return tf.data.Dataset.from_tensors(
        (tf.cast(lr, tf.float32), tf.cast(hr, tf.float32))
    )


def train(gan, config, pairs, *callbacks):
    logs = []
    for stage in plan_stages(config):
        gan.compile(
            stage.g_optimizer, stage.d_optimizer, objective=stage.objective
        )
        logs.append(
            gan.fit(
                pairs,
                validation_data=pairs,
                epochs=stage.epochs,
                verbose=0,
                shuffle=False,
                callbacks=list(callbacks),
            ).history
        )
    return logs


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("discriminator", ["vgg", "unet"])
def test_every_preset_trains_through_both_stages(
    name, discriminator, features, pairs
):
    """With a small feature network in place of VGG19."""
    changes = PRESETS[name]
    if changes.get("features") == "vgg19":
        changes = {**changes, "features": features}
    config = from_flat(
        Config,
        {**changes, **TINY, "discriminator": discriminator, "patch_size": 32},
    )
    gan = build_gan(config)
    assert isinstance(gan.discriminator, UNetDiscriminator) == (
        discriminator == "unet"
    )
    logs = train(gan, config, pairs)
    assert ("val_perceptual" in logs[-1]) == (config.features == features)
    assert all(np.isfinite(v).all() for log in logs for v in log.values())
    assert logs[0]["discrim_loss"] == [0.0]
    assert min(logs[1]["discrim_loss"]) > 0


def test_features_of_a_file_are_trained_on_and_measured(features, pairs):
    """With the perceptual loss only; validation logs the distance."""
    config = from_flat(
        Config,
        {
            **TINY,
            "features": features,
            "pixel_epochs": 0,
            "pixel_weight": 0.0,
            "perceptual_weight": 1.0,
            "adversarial_weight": 0.0,
            "adversarial_epochs": 30,
            "adversarial_learning_rate": 3e-3,
            "ema_decay": 0.0,
        },
    )
    gan = build_gan(config)
    assert gan.features.layers == ("near", "far")
    discriminator = [w.numpy() for w in gan.discriminator.weights]
    (log,) = train(gan, config, pairs)
    assert log["loss"][-1] < 0.95 * log["loss"][0]
    for before, after in zip(
        discriminator, gan.discriminator.weights, strict=True
    ):
        np.testing.assert_array_equal(before, after)
    lr, hr = next(iter(pairs))
    distances = perceptual_distance(gan.features, gan(lr), hr)
    expected = np.mean([np.mean(d) for d in distances.values()])
    assert log["val_perceptual"][-1] == pytest.approx(expected, rel=1e-4)


def test_a_distance_is_logged_without_a_perceptual_loss(features, pairs):
    config = from_flat(
        Config, {**TINY, "features": features, "perceptual_weight": 0.0}
    )
    logs = train(build_gan(config), config, pairs)
    assert all("val_perceptual" in log for log in logs)


def test_esrgan_trains_with_features_of_the_discriminator(pairs):
    """The error of a failed download of VGG19 proposes it."""
    config = from_flat(
        Config, {**PRESETS["esrgan"], **TINY, "features": "discriminator"}
    )
    (_, log) = train(build_gan(config), config, pairs)
    assert np.isfinite(log["loss"]).all()


def test_a_failed_download_ends_no_training_that_only_measures(
    monkeypatch, caplog
):
    def fail(source):
        raise UserError("not to be had")

    monkeypatch.setattr(
        "srgan.models.feature_extractor.load_feature_network", fail
    )
    pixels = {**PRESETS["paper"], **TINY, "adversarial_epochs": 0}
    assert build_gan(from_flat(Config, pixels)).features is None
    assert "the perceptual distance is not logged" in caplog.text
    for needed in ({"adversarial_epochs": 1}, {"monitor": "perceptual"}):
        with pytest.raises(UserError, match="not to be had"):
            build_gan(from_flat(Config, {**pixels, **needed}))


def test_the_best_model_is_selected_over_both_stages(pairs):
    config = from_flat(Config, {**TINY, "adversarial_learning_rate": 0.5})
    saved = []
    best = SaveBest("val_psnr", True, lambda logs: saved.append(logs))
    logs = train(build_gan(config), config, pairs, best)
    values = [v for log in logs for v in log["val_psnr"]]
    assert saved[-1]["val_psnr"] == max(values) > values[-1]


def test_the_r1_penalty_of_an_image_does_not_depend_on_others(pairs):
    """With batch statistics it would."""
    config = from_flat(Config, {**TINY, "r1_weight": 1.0, "scale": 4})
    gan = build_gan(config)
    _, hr = next(iter(pairs))
    both = float(gan._r1_penalty(hr))
    alone = [float(gan._r1_penalty(hr[i : i + 1])) for i in range(2)]
    assert both == pytest.approx(np.mean(alone), rel=1e-4)
