import numpy as np
import pytest

from adversarial.messages import UserError
from srgan import Generator
from srgan.beginning import begin_as


def test_the_same_design_begins_equal(capsys):
    generator, other = (Generator(2, 2, 4, compact=True) for _ in range(2))
    other.get_layer("tail").kernel.assign_add(
        np.ones(other.get_layer("tail").kernel.shape)
    )
    begin_as(generator, other)
    for ours, theirs in zip(generator.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    total = sum(
        int(np.prod(weight.shape)) for weight in generator.trainable_weights
    )
    assert f"{total:,} of {total:,}" in capsys.readouterr().err


def test_another_scale_shares_all_but_the_tail(capsys):
    generator = Generator(2, 2, 4, compact=True)
    other = Generator(4, 2, 4, compact=True)
    tail = generator.get_layer("tail").get_weights()
    begin_as(generator, other)
    np.testing.assert_array_equal(
        generator.get_layer("block01_conv2").kernel,
        other.get_layer("block01_conv2").kernel,
    )
    np.testing.assert_array_equal(tail[0], generator.get_layer("tail").kernel)
    assert "weights trained" in capsys.readouterr().err


def test_a_strangers_network_is_refused():
    import keras

    x = keras.Input((None, None, 3))
    other = keras.Model(x, keras.layers.Conv2D(3, 1, name="other")(x))
    with pytest.raises(UserError, match="no layer in common"):
        begin_as(Generator(2, 1, 4), other)
