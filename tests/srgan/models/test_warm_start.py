import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from srgan import Generator
from srgan.data.dead_leaves import dead_leaves
from srgan.data.mapping_network import MappingNetwork
from srgan.models.warm_start import warm_start


@pytest.fixture(scope="module")
def lr():
    hr = np.stack([dead_leaves(64, seed) for seed in range(2)])
    return tf.cast(MappingNetwork(4)(hr), tf.float32)


def trained(*sizes, **design):
    """A generator with all weights different from their initial values."""
    network = Generator(*sizes, **design)
    seeds = keras.random.SeedGenerator(1)
    for weight in network.trainable_weights:
        weight.assign_add(
            keras.random.normal(weight.shape, 0, 0.05, seed=seeds)
        )
    return network


def warm_started(lr, *sizes, other, **design):
    """Returns a warm-started generator, and bicubic upscaling."""
    generator = Generator(*sizes, **design)
    bicubic = generator(lr)  # The initial tail is zero.
    warm_start(generator, other)
    return generator, bicubic


@pytest.mark.parametrize("compact", [True, False])
def test_the_same_design_is_copied(lr, caplog, compact):
    caplog.set_level("INFO")
    other = trained(4, 2, 4, compact=compact)
    generator, _ = warm_started(lr, 4, 2, 4, other=other, compact=compact)
    np.testing.assert_array_equal(generator(lr), other(lr))
    total = sum(
        int(np.prod(weight.shape)) for weight in generator.trainable_weights
    )
    assert f"{total:,} of {total:,}" in caplog.text


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize("scales", [(2, 4), (4, 2), (3, 4), (4, 8)])
def test_another_scale_starts_as_bicubic_with_the_trained_body(
    lr, compact, scales
):
    ours, theirs = scales
    other = trained(theirs, 2, 4, compact=compact)
    generator, bicubic = warm_started(
        lr, ours, 2, 4, other=other, compact=compact
    )
    np.testing.assert_array_equal(
        generator.get_layer("trunk").kernel, other.get_layer("trunk").kernel
    )
    np.testing.assert_array_equal(generator(lr), bicubic)


def test_shared_up_sampling_is_copied(lr):
    other = trained(2, 1, 4)
    generator, _ = warm_started(lr, 4, 1, 4, other=other)
    for name, shared in (("up0", True), ("up1", False), ("tail", False)):
        kernel = generator.get_layer(name).kernel.numpy()
        theirs = {w.path: w for w in other.weights}.get(f"{name}/kernel")
        equal = theirs is not None and np.array_equal(kernel, theirs)
        assert equal == shared


@pytest.mark.parametrize("batch_norm", [False, True])
def test_new_blocks_start_near_the_identity(lr, batch_norm):
    design = {"compact": True, "batch_norm": batch_norm}
    other = trained(4, 2, 8, **design)
    generator, bicubic = warm_started(lr, 4, 5, 8, other=other, **design)
    residual = np.abs(other(lr) - bicubic).mean()
    assert np.abs(generator(lr) - other(lr)).mean() < 0.05 * residual
    trained_scale = generator.get_layer("block00_conv2").kernel.numpy().std()
    assert (
        0
        < generator.get_layer("block04_conv2").kernel.numpy().std()
        < trained_scale
    )


def test_fewer_blocks_start_as_bicubic(lr):
    other = trained(4, 3, 4, compact=True)
    generator, bicubic = warm_started(lr, 4, 1, 4, other=other, compact=True)
    np.testing.assert_array_equal(generator(lr), bicubic)


def test_a_new_noise_input_has_little_effect(lr):
    other = trained(4, 2, 8, compact=True)
    generator = Generator(4, 2, 8, compact=True, noise_channels=2)
    warm_start(generator, other)
    noise = keras.random.normal((*lr.shape[:3], 2), seed=1)
    sr, again = generator([lr, noise]), generator([lr, -noise])
    difference = np.abs(sr - other(lr)).mean()
    assert np.abs(sr - again).mean() > 0
    assert difference < 0.05 * np.abs(other(lr) - Generator(4)(lr)).mean()


def test_a_noise_input_can_be_removed(lr):
    other = trained(4, 2, 8, compact=True, noise_channels=2)
    generator, _ = warm_started(lr, 4, 2, 8, other=other, compact=True)
    no_noise = tf.zeros((*lr.shape[:3], 2))
    np.testing.assert_allclose(generator(lr), other([lr, no_noise]), atol=1e-3)


def test_a_frozen_model_is_copied(lr):
    other = trained(4, 2, 8, compact=True)
    other.trainable = False
    generator, _ = warm_started(lr, 4, 2, 8, other=other, compact=True)
    np.testing.assert_array_equal(generator(lr), other(lr))


@pytest.mark.parametrize("change", [{"filters": 8}, {"compact": True}])
def test_other_designs_are_rejected(change):
    other = Generator(**{"scale": 2, "blocks": 1, "filters": 4, **change})
    with pytest.raises(UserError, match="no layer in common"):
        warm_start(Generator(2, 1, 4), other)


def test_another_network_is_rejected():
    x = keras.Input((None, None, 3))
    other = keras.Model(x, keras.layers.Conv2D(3, 1, name="other")(x))
    with pytest.raises(UserError, match="no layer in common"):
        warm_start(Generator(2, 1, 4), other)
