import keras
import numpy as np
import pytest
import tensorflow as tf

from textgan import Discriminator, Generator, RecurrentDiscriminator

IDS = np.array([[2, 5, 6, 3, 0], [2, 7, 3, 0, 0]])


@pytest.fixture
def generator():
    return Generator(11, embedding_dim=6, units=8, dropout=0.5)


@pytest.fixture
def discriminator():
    return Discriminator(11, embedding_dim=6, filters=4)


def test_generator_matches_an_lstm_written_out(generator):
    table, kernel, recurrent, bias, project, offset = generator.get_weights()
    h = c = np.zeros((2, 8))
    for t in range(IDS.shape[1]):
        gates = table[IDS[:, t]] @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(gates, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        logits = (h @ project + offset) @ table.T
        np.testing.assert_allclose(
            generator(IDS)[:, t], logits, rtol=1e-4, atol=1e-6
        )


def test_the_generator_is_causal(generator):
    changed = IDS.copy()
    changed[:, 3:] = 9
    np.testing.assert_array_equal(
        generator(IDS)[:, :3], generator(changed)[:, :3]
    )


def test_steps_equal_the_full_sequence(generator):
    state = generator.initial_state(2)
    for t in range(IDS.shape[1]):
        logits, state = generator.step(generator.embedding(IDS[:, t]), state)
        np.testing.assert_allclose(
            logits, generator(IDS)[:, t], rtol=1e-5, atol=1e-6
        )


def test_generator_ties_its_embeddings(generator):
    embedding, lstm = 11 * 6, 4 * 8 * (6 + 8 + 1)
    assert generator.count_params() == embedding + lstm + (8 + 1) * 6


def test_discriminator_scores_one_hot_words_as_their_ids(discriminator):
    logit, features = discriminator(IDS)
    soft_logit, soft_features = discriminator.score_soft(tf.one_hot(IDS, 11))
    np.testing.assert_allclose(soft_logit, logit, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(soft_features, features, rtol=1e-5, atol=1e-6)
    assert logit.shape == (2, 1)
    assert features.shape == (2, 4 * 4)
    assert np.abs(features).max() <= 1


def test_discriminator_is_differentiable_in_soft_words(discriminator):
    words = tf.nn.softmax(tf.random.normal((2, 5, 11)))
    with tf.GradientTape() as tape:
        tape.watch(words)
        logit, _ = discriminator.score_soft(words)
    gradient = tape.gradient(logit, words)
    assert float(tf.reduce_min(tf.norm(gradient, axis=-1))) > 0


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_config_round_trip(name, request):
    network = request.getfixturevalue(name)
    twin = type(network).from_config(network.get_config())
    twin.set_weights(network.get_weights())
    for a, b in zip(
        keras.tree.flatten(network(IDS)),
        keras.tree.flatten(twin(IDS)),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_steps_with_a_latent_code_equal_the_full_sequence():
    generator = Generator(11, embedding_dim=6, units=8, latent_dim=3)
    code = np.array([[0.5, -1.0, 0.1], [0.0, 0.3, 1.0]], "float32")
    full = generator([IDS, code])
    state = generator.initial_state(2, code)
    for t in range(IDS.shape[1]):
        logits, state = generator.step(generator.embedding(IDS[:, t]), state)
        np.testing.assert_allclose(logits, full[:, t], rtol=1e-5, atol=1e-6)
    assert np.abs(full - generator([IDS, -code])).max() > 1e-4


def test_recurrent_discriminator_is_causal():
    discriminator = RecurrentDiscriminator(11, embedding_dim=6, units=8)
    changed = IDS.copy()
    changed[:, 3:] = 9
    logits = discriminator(IDS)
    assert logits.shape == (2, 5, 1)
    np.testing.assert_array_equal(logits[:, :3], discriminator(changed)[:, :3])
