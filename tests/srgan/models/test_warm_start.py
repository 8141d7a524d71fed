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
def low():
    high = np.stack([dead_leaves(64, seed) for seed in range(2)])
    return tf.cast(MappingNetwork(4)(high), tf.float32)


def trained(*sizes, **design):
    """A generator all of whose weights have left their start."""
    network = Generator(*sizes, **design)
    seeds = keras.random.SeedGenerator(1)
    for weight in network.trainable_weights:
        weight.assign_add(
            keras.random.normal(weight.shape, 0, 0.05, seed=seeds)
        )
    return network


def begun(low, *sizes, other, **design):
    """What a generator that begins as another makes, and bicubic."""
    generator = Generator(*sizes, **design)
    bicubic = generator(low)  # The tail of a fresh one is zero.
    warm_start(generator, other)
    return generator, bicubic


@pytest.mark.parametrize("compact", [True, False])
def test_the_same_design_begins_equal(low, capsys, compact):
    other = trained(4, 2, 4, compact=compact)
    generator, _ = begun(low, 4, 2, 4, other=other, compact=compact)
    np.testing.assert_array_equal(generator(low), other(low))
    total = sum(
        int(np.prod(weight.shape)) for weight in generator.trainable_weights
    )
    assert f"{total:,} of {total:,}" in capsys.readouterr().err


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize("scales", [(2, 4), (4, 2), (3, 4), (4, 8)])
def test_another_scale_begins_as_bicubic_with_the_trained_body(
    low, compact, scales
):
    ours, theirs = scales
    other = trained(theirs, 2, 4, compact=compact)
    generator, bicubic = begun(low, ours, 2, 4, other=other, compact=compact)
    np.testing.assert_array_equal(
        generator.get_layer("trunk").kernel, other.get_layer("trunk").kernel
    )
    np.testing.assert_array_equal(generator(low), bicubic)


def test_up_sampling_that_scales_share_is_taken(low):
    other = trained(2, 1, 4)
    generator, _ = begun(low, 4, 1, 4, other=other)
    for name, shared in (("up0", True), ("up1", False), ("tail", False)):
        kernel = generator.get_layer(name).kernel.numpy()
        theirs = {w.path: w for w in other.weights}.get(f"{name}/kernel")
        equal = theirs is not None and np.array_equal(kernel, theirs)
        assert equal == shared


@pytest.mark.parametrize("batch_norm", [False, True])
def test_more_blocks_begin_as_nearly_nothing(low, batch_norm):
    design = {"compact": True, "batch_norm": batch_norm}
    other = trained(4, 2, 8, **design)
    generator, bicubic = begun(low, 4, 5, 8, other=other, **design)
    learnt = np.abs(other(low) - bicubic).mean()
    assert np.abs(generator(low) - other(low)).mean() < 0.05 * learnt
    loud = generator.get_layer("block00_conv2").kernel.numpy().std()
    assert 0 < generator.get_layer("block04_conv2").kernel.numpy().std() < loud


def test_fewer_blocks_begin_as_bicubic(low):
    other = trained(4, 3, 4, compact=True)
    generator, bicubic = begun(low, 4, 1, 4, other=other, compact=True)
    np.testing.assert_array_equal(generator(low), bicubic)


def test_a_noise_input_begins_as_nearly_nothing(low):
    other = trained(4, 2, 8, compact=True)
    generator = Generator(4, 2, 8, compact=True, noise_channels=2)
    warm_start(generator, other)
    noise = keras.random.normal((*low.shape[:3], 2), seed=1)
    high, again = generator([low, noise]), generator([low, -noise])
    gap = np.abs(high - other(low)).mean()
    assert np.abs(high - again).mean() > 0
    assert gap < 0.05 * np.abs(other(low) - Generator(4)(low)).mean()


def test_a_noise_input_can_be_given_up(low):
    other = trained(4, 2, 8, compact=True, noise_channels=2)
    generator, _ = begun(low, 4, 2, 8, other=other, compact=True)
    silence = tf.zeros((*low.shape[:3], 2))
    np.testing.assert_allclose(generator(low), other([low, silence]), atol=1e-3)


def test_a_model_that_was_frozen_is_as_good(low):
    other = trained(4, 2, 8, compact=True)
    other.trainable = False
    generator, _ = begun(low, 4, 2, 8, other=other, compact=True)
    np.testing.assert_array_equal(generator(low), other(low))


@pytest.mark.parametrize("change", [{"filters": 8}, {"compact": True}])
def test_other_designs_are_refused(change):
    other = Generator(**{"scale": 2, "blocks": 1, "filters": 4, **change})
    with pytest.raises(UserError, match="no layer in common"):
        warm_start(Generator(2, 1, 4), other)


def test_a_untrusted_network_is_refused():
    x = keras.Input((None, None, 3))
    other = keras.Model(x, keras.layers.Conv2D(3, 1, name="other")(x))
    with pytest.raises(UserError, match="no layer in common"):
        warm_start(Generator(2, 1, 4), other)
