import keras
import numpy as np
import pytest
import tensorflow as tf

from textgan import Generator
from textgan.models.fast_lstm import lstm_states

IDS = tf.constant([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0], [2, 9, 10, 3, 0]])


@pytest.mark.parametrize("length", [1, 2, 7])
def test_states_and_gradients_equal_those_of_keras(length):
    layer = keras.layers.LSTM(6, return_sequences=True)
    x = tf.random.stateless_normal((3, length, 4), (1, 2))
    layer(x)
    layer.set_weights(
        [tf.random.stateless_normal(w.shape, (3, 4)) for w in layer.weights]
    )
    weights = [weight.value for weight in layer.weights]
    found = []
    for run in (layer, lambda x: lstm_states(x, *weights)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            states = run(x)
            loss = tf.reduce_sum(tf.sin(3.0 * states))
        found.append([states, *tape.gradient(loss, [x, *weights])])
    for expected, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_generator_gradients_equal_those_of_its_layers():
    generator = Generator(12, embedding_dim=4, units=6, dropout=0.0)
    assert generator.fast_lstm == (not tf.config.list_physical_devices("GPU"))
    gradients = []
    for training in (False, True):
        with tf.GradientTape() as tape:
            logits = generator(IDS, training=training)
            loss = tf.reduce_sum(tf.sin(logits))
        gradients.append(tape.gradient(loss, generator.trainable_variables))
    for layers, fast in zip(*gradients, strict=True):
        layers, fast = map(tf.convert_to_tensor, (layers, fast))
        np.testing.assert_allclose(fast, layers, rtol=1e-4, atol=1e-6)


def test_dropout_is_active_only_in_training():
    generator = Generator(12, embedding_dim=4, units=6, dropout=0.5)
    first, second = (generator(IDS, training=True) for _ in range(2))
    assert np.abs(first - second).max() > 1e-5
    np.testing.assert_array_equal(generator(IDS), generator(IDS))
