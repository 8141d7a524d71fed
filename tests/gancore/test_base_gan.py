import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.base_gan import BaseGAN


class Net(keras.Model):
    """One dense layer, rebuilt from its config."""

    def __init__(self, units: int, name: str) -> None:
        inputs = keras.Input((2,))
        outputs = keras.layers.Dense(units)(inputs)
        super().__init__(inputs, outputs, name=name)
        self.units = units

    def get_config(self):
        return {"units": self.units, "name": self.name}


class Toy(BaseGAN):
    """Moves the generator by 1 each step and freezes the discriminator."""

    def train_step(self, x):
        with tf.GradientTape() as tape:
            kernel, bias = self.generator.trainable_variables
            loss = tf.reduce_sum(kernel) + tf.reduce_sum(bias)
        self.apply_gradients_to(
            tape, loss, self.generator_variables, self.g_optimizer
        )
        self.update_ema()
        return self.update_metrics(loss=(tf.reduce_mean(x), 2.0))


def make(ema_decay=0.0):
    model = Toy(
        Net(1, "generator"),
        Net(1, "discriminator"),
        [keras.metrics.Mean(name="loss")],
        ema_decay=ema_decay,
    )
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0))
    return model


def test_both_optimizers_are_built_on_their_own_network():
    model = Toy(Net(1, "g"), Net(3, "d"), [], ema_decay=0.9)
    g, d = keras.optimizers.Adam(), keras.optimizers.Adam()
    model.compile(g, d)
    # No optimizer, which Keras would build on both, but what its callbacks set.
    assert not isinstance(model.optimizer, keras.optimizers.Optimizer)
    assert [o.optimizer for o in model.optimizer.optimizers] == [g, d]
    # Adam: iterations, learning rate, and two moments per variable.
    assert [v.shape for v in g.variables[2:]] == [(2, 1)] * 2 + [(1,)] * 2
    assert [v.shape for v in d.variables[2:]] == [(2, 3)] * 2 + [(3,)] * 2


def test_a_shared_optimizer_raises():
    adam = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="share an optimizer"):
        make().compile(adam, adam)


def test_an_update_changes_one_network_only():
    model = make()
    discriminator = [w.copy() for w in model.discriminator.get_weights()]
    model.fit(tf.zeros((4, 2)), batch_size=4, verbose=0)
    assert model.generator.get_weights()[1] == -1.0
    for now, before in zip(
        model.discriminator.get_weights(), discriminator, strict=True
    ):
        np.testing.assert_array_equal(now, before)


def test_ema_decay_grows_with_the_updates():
    model = make(ema_decay=0.25)
    expected, bias = 0.0, 0.0
    for step in range(1, 6):
        model.fit(tf.zeros((1, 2)), verbose=0)
        bias -= 1.0
        decay = min(0.25, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * bias
        assert model.ema_generator.get_weights()[1] == pytest.approx(expected)
    assert model.generator.get_weights()[1] == -5.0
    # A saved EMA generator can be trained further.
    assert len(model.ema_generator.trainable_variables) == 2


def test_logged_loss_is_the_epoch_mean_not_the_last_batch():
    model = make()
    x = np.repeat([[1.0], [2.0], [6.0]], 2, axis=1)
    history = model.fit(x, batch_size=1, epochs=2, verbose=0)
    assert history.history["loss"] == pytest.approx([3.0, 3.0])


def test_keras_calls_the_private_hook_that_is_overridden():
    """A Keras without it would draw a batch under a strategy to build."""
    trainer = keras.src.backend.tensorflow.trainer.TensorFlowTrainer
    assert "_maybe_symbolic_build" in trainer.fit.__wrapped__.__code__.co_names
    assert hasattr(keras.Model, "_maybe_symbolic_build")
