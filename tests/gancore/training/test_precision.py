"""Mixed-precision training, compared with float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import srgan
import textgan
from gancore.saving.model_io import save_h5, to_portable

RATE = 1e-2
IDS = tf.constant([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0], [2, 9, 10, 3, 0]])


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16"])
def precision(request):
    keras.mixed_precision.set_dtype_policy(request.param)
    yield request.param
    keras.mixed_precision.set_dtype_policy("float32")


def make_texts():
    generator = textgan.Generator(12, embedding_dim=6, units=8, dropout=0.0)
    # Random numbers differ in 16 bits, so there is no dropout.
    discriminator = textgan.Discriminator(12, 6, filters=4, dropout=0.0)
    gan = textgan.GAN(generator, discriminator)
    compile_with_sgd(
        gan,
        textgan.LossConfig(adversarial_loss="feature_matching"),
        stage="adversarial",
    )
    return gan, IDS


def make_images(discriminator=None):
    generator = srgan.Generator(2, blocks=1, filters=6)
    gan = srgan.GAN(generator, discriminator or srgan.Discriminator(width=0.1))
    terms = {"perceptual_weight": 0.0, "adversarial_weight": 1e-2}
    compile_with_sgd(gan, srgan.LossConfig(**terms))
    random = np.random.default_rng(0)
    pair = [
        tf.constant(random.uniform(0, 255, (2, n, n, 3)), tf.float32)
        for n in (12, 24)
    ]
    return gan, tuple(pair)


def make_with_unet():
    gan, pair = make_images(srgan.UNetDiscriminator(width=0.1))
    return gan, pair


def compile_with_sgd(gan, objective, **kwargs):
    """Compiles with SGD, whose updates are proportional to the gradients."""
    sgd = keras.optimizers.SGD
    gan.compile(sgd(RATE), sgd(RATE), objective=objective, **kwargs)


def updates(make, weights=None):
    """Returns both networks' weights before a step, and their updates."""
    gan, batch = make()
    networks = (gan.generator, gan.discriminator)
    for network, values in zip(networks, weights or (), strict=False):
        network.set_weights(values)
    before = [network.get_weights() for network in networks]
    logs = gan.train_step(batch)
    assert all(np.isfinite(float(value)) for value in logs.values())
    updated = [
        np.concatenate([(a - b).ravel() for a, b in zip(now, old, strict=True)])
        for now, old in zip(
            [network.get_weights() for network in networks], before, strict=True
        )
    ]
    return before, updated


@pytest.mark.parametrize("make", [make_texts, make_images])
def test_both_networks_are_updated_as_in_float32(precision, make):
    before, updated = updates(make)
    keras.mixed_precision.set_dtype_policy("float32")
    keras.utils.set_random_seed(7)
    _, expected = updates(make, before)
    for ours, theirs in zip(updated, expected, strict=True):
        length = np.linalg.norm(theirs)
        assert length > 1e-6
        assert np.linalg.norm(ours - theirs) < 0.1 * length


def test_spectral_norm_keeps_kernels_in_float32(precision):
    gan, pair = make_with_unet()
    gan.train_step(pair)
    for weight in gan.discriminator.trainable_weights:
        values = weight.numpy()
        rounded = tf.cast(tf.cast(values, precision[6:]), tf.float32).numpy()
        if values.ndim == 4:
            assert np.mean(values == rounded) < 0.1, weight.path


@pytest.mark.parametrize("make", [make_texts, make_images])
def test_saved_models_are_float32(precision, make, tmp_path):
    gan, batch = make()
    scaled = isinstance(gan.g_optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (precision == "mixed_float16")
    assert isinstance(gan.d_optimizer, type(gan.g_optimizer))
    assert gan.generator.compute_dtype == precision.removeprefix("mixed_")
    assert gan.ema_generator.compute_dtype == "float32"
    inputs = tf.constant(batch if make is make_texts else batch[0])
    save_h5(gan.generator, tmp_path / "model.h5", {})
    keras.mixed_precision.set_dtype_policy("float32")
    loaded = keras.models.load_model(tmp_path / "model.h5", compile=False)
    policies = {layer.dtype_policy.name for layer in loaded.layers}
    assert policies == {"float32"}
    plain = to_portable(gan.generator)
    np.testing.assert_array_equal(loaded(inputs), plain(inputs))
    assert to_portable(plain) is plain


def test_the_bicubic_skip_is_computed_in_float32(precision):
    """With 8 bits of precision 254.6 would be rounded to 254 or 255."""
    gan, (low, _) = make_images()
    expected = to_portable(gan.generator)(low)
    # Untrained, the generator is the bicubic skip alone.
    np.testing.assert_allclose(gan.generator(low), expected, atol=1e-3)
