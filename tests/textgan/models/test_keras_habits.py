"""What a user of Keras types, and what they expect of it."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import textgan
from textgan.data.vocabulary import SPECIAL

WORDS = [*SPECIAL, *"abcdefgh"]
IDS = np.array([[2, 5, 6, 7, 3], [2, 8, 9, 3, 0]], "int32")


def make_generator(**kwargs):
    return textgan.Generator(len(WORDS), 8, 12, **kwargs)


def make_gan(**kwargs):
    discriminator = textgan.Discriminator(len(WORDS), 8, (2,), 4)
    return textgan.GAN(make_generator(), discriminator, **kwargs)


@pytest.fixture(scope="module")
def trained():
    gan = make_gan()
    gan.compile("adam", "adam")
    gan.fit(IDS, epochs=2, verbose=0)
    return gan


def test_a_saved_generator_loads_where_the_package_is_not(tmp_path):
    generator = make_generator()
    np.save(tmp_path / "ids.npy", IDS)
    code = "import sys, numpy, keras\n"
    for name in ("g.h5", "g.keras"):
        generator.save(tmp_path / name)
        code += (
            f"model = keras.models.load_model('{name}')\n"
            f"numpy.save('{name}.npy', model(numpy.load('ids.npy')))\n"
        )
    code += "assert not {'textgan', 'gancore'} & set(sys.modules)\n"
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True)
    for name in ("g.h5", "g.keras"):
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, generator(IDS), atol=1e-5)


def test_a_saved_gan_trains_on_where_it_was(trained, tmp_path):
    trained.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert type(loaded) is textgan.GAN
    assert loaded.objective == trained.objective
    assert loaded.stage == trained.stage
    for ours, theirs in zip(trained.weights, loaded.weights, strict=True):
        if "seed" not in ours.path:
            np.testing.assert_array_equal(ours, theirs)
    assert int(loaded.g_optimizer.iterations) == 2
    assert np.isfinite(loaded.fit(IDS, verbose=0).history["loss"]).all()


def test_the_baseline_of_reinforce_is_saved(tmp_path):
    discriminator = textgan.RecurrentDiscriminator(len(WORDS), 8, 8)
    gan = textgan.GAN(make_generator(), discriminator)
    objective = textgan.LossConfig(
        adversarial_loss="reinforce", adversarial_length=4
    )
    gan.compile("adam", "adam", objective=objective)
    for variable in gan.extra_state:
        variable.assign(variable + 0.5)
    assert gan.extra_state
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for ours, theirs in zip(gan.extra_state, loaded.extra_state, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_encoder_is_part_of_the_config():
    gan = textgan.GAN(
        make_generator(latent_dim=3),
        textgan.Discriminator(len(WORDS), 8, (2,), 4, latent_dim=3),
        textgan.Encoder(len(WORDS), 3, 8, (2,), 4),
        ema_decay=0.0,
    )
    again = textgan.GAN.from_config(gan.get_config())
    assert again.generator.latent_dim == 3
    assert type(again.encoder) is textgan.Encoder
    assert again.ema_generator is again.generator


def test_callbacks_know_that_lower_is_better():
    gan = make_gan()
    gan.compile("adam", "adam", stage="mle")
    callbacks = [
        keras.callbacks.EarlyStopping(f"val_{name}")
        for name in ("nll", "perplexity", "loss", "discrim_loss")
    ]
    gan.fit(IDS, validation_data=(IDS,), verbose=0, callbacks=callbacks)
    assert [bool(c.monitor_op(2.0, 1.0)) for c in callbacks] == [False] * 4


def test_a_loaded_model_can_be_trained_on():
    text_generator = textgan.load("jokes")
    size = len(text_generator.vocabulary)
    discriminator = textgan.Discriminator(size, 8, (2,), 4)
    gan = textgan.GAN(text_generator.generator, discriminator)
    gan.compile("adam", "adam", stage="mle")
    before = gan.generator.get_weights()[0]
    gan.fit(IDS, verbose=0)
    assert (gan.generator.get_weights()[0] != before).any()
    with pytest.raises(TypeError, match=r"expected a textgan\.Generator"):
        textgan.GAN(text_generator, discriminator)


def test_networks_of_two_vocabularies_are_refused():
    discriminator = textgan.Discriminator(len(WORDS) + 1, 8, (2,), 4)
    with pytest.raises(ValueError, match="of 13; expected the same"):
        textgan.GAN(make_generator(), discriminator)


def test_batches_are_trained_and_tested_on(trained):
    assert np.isfinite(trained.train_on_batch(IDS, return_dict=True)["loss"])
    assert trained.test_on_batch(IDS, return_dict=True)["nll"] > 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"x": IDS, "y": IDS}, "expected ids only"),
        ({"x": IDS, "sample_weight": np.ones(2)}, "sample_weight"),
        ({"x": IDS.astype("float32")}, "expected integer ids"),
        ({"x": IDS + len(WORDS)}, "ids from 12 to 21"),
    ],
)
def test_other_data_are_refused(trained, given, expected):
    with pytest.raises(ValueError, match=expected):
        trained.train_on_batch(**given)


def test_ids_of_another_vocabulary_are_refused_by_fit(trained):
    with pytest.raises(ValueError, match="expected 0 to 11"):
        trained.fit(IDS + len(WORDS), verbose=0)


def test_an_unknown_stage_is_refused():
    with pytest.raises(ValueError, match="mle, discriminator, joint"):
        make_gan().compile("adam", "adam", stage="gan")


def test_two_networks_are_part_of_one_model():
    x = keras.Input((None,), dtype="int32")
    both = keras.Model(x, [make_generator()(x), make_generator()(x)])
    assert [y.shape for y in both(IDS)] == [(2, 5, 12)] * 2


def test_dtype_is_that_of_the_layers():
    generator = make_generator(dtype="mixed_bfloat16")
    assert generator.lstm.compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"
