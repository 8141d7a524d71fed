import keras
import numpy as np
import pytest
import tensorflow as tf

from gancore.errors import UserError
from textgan import GAN, Config, Discriminator, Generator, LossConfig
from textgan.losses.likelihood import sequence_nll
from textgan.losses.sampled_softmax import draw_negatives, sampled_nll

TARGETS = tf.constant([[5, 6, 3, 0], [40, 3, 0, 0], [7, 99, 8, 3]])


def case(width=4, size=100):
    vectors = tf.random.stateless_normal((3, 4, width), (1, 2))
    table = tf.random.stateless_normal((size, width), (3, 4))
    return vectors, table


def test_words_are_drawn_as_often_as_is_said():
    ids, expected = draw_negatives(tf.constant(50), 200_000, (1, 2))
    counts = np.bincount(ids, minlength=50)
    assert counts.size == 50
    message = np.zeros(50)
    message[ids.numpy()] = expected
    # Five standard deviations of a binomial.
    assert np.all(np.abs(counts - message) < 5 * np.sqrt(message))
    assert message.sum() == pytest.approx(200_000, rel=1e-4)


def test_with_many_words_it_is_the_whole_likelihood():
    vectors, table = case()
    found = []
    for estimate in (False, True):
        with tf.GradientTape() as tape:
            tape.watch([vectors, table])
            if estimate:
                nll, words = sampled_nll(
                    vectors, TARGETS, table, 200_000, (5, 6)
                )
            else:
                logits = tf.matmul(vectors, table, transpose_b=True)
                nll, words = sequence_nll(logits, TARGETS)
            total = tf.reduce_sum(nll)
        found.append([nll, words, *tape.gradient(total, [vectors, table])])
    for whole, sampled in zip(*found, strict=True):
        np.testing.assert_allclose(sampled, whole, rtol=0.02, atol=0.02)


def test_the_mean_of_small_samples_of_the_sum_is_the_sum():
    vectors, table = case()
    sums = []
    for i in range(400):
        nll, _ = sampled_nll(
            vectors[:1, :1], TARGETS[:1, :1], table, 20, (i, 7)
        )
        sums.append(np.exp(nll[0]))
    logits = tf.matmul(vectors[:1, :1], table, transpose_b=True)
    whole = np.exp(sequence_nll(logits, TARGETS[:1, :1])[0][0])
    error = np.std(sums) / np.sqrt(len(sums))
    assert abs(np.mean(sums) - whole) < 4 * error
    assert error < 0.1 * whole


def test_a_step_moves_as_one_of_the_whole_vocabulary():
    ids = tf.constant([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0], [2, 9, 10, 3, 0]])
    moved = []
    for few in (0, 100_000):
        keras.utils.set_random_seed(3)
        generator = Generator(30, embedding_dim=4, units=6, dropout=0.0)
        gan = GAN(generator, Discriminator(30), ema_decay=0.0)
        gan.compile(
            keras.optimizers.SGD(1.0),
            keras.optimizers.SGD(1.0),
            objective=LossConfig(sampled_softmax=few),
            stage="likelihood",
        )
        before = generator.get_weights()
        logs = gan.train_step(ids)
        after = generator.get_weights()
        steps = [b - a for a, b in zip(before, after, strict=True)]
        moved.append([float(logs["nll"]), *steps])
    for whole, sampled in zip(*moved, strict=True):
        np.testing.assert_allclose(sampled, whole, rtol=0.05, atol=2e-3)


def test_a_latent_code_takes_all_words():
    with pytest.raises(UserError, match="--sampled_softmax takes no"):
        Config(sampled_softmax=8, latent_dim=4)
