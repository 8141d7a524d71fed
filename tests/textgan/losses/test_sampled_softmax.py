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


def test_negatives_have_their_expected_counts():
    ids, expected = draw_negatives(tf.constant(50), 200_000, (1, 2))
    counts = np.bincount(ids, minlength=50)
    assert counts.size == 50
    mean = np.zeros(50)
    mean[ids.numpy()] = expected
    # Five standard deviations of a binomial.
    assert np.all(np.abs(counts - mean) < 5 * np.sqrt(mean))
    assert mean.sum() == pytest.approx(200_000, rel=1e-4)


def test_many_negatives_approximate_the_full_softmax():
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
    for full, sampled in zip(*found, strict=True):
        np.testing.assert_allclose(sampled, full, rtol=0.02, atol=0.02)


def test_the_estimate_of_the_partition_function_is_unbiased():
    vectors, table = case()
    sums = []
    for i in range(400):
        nll, _ = sampled_nll(
            vectors[:1, :1], TARGETS[:1, :1], table, 20, (i, 7)
        )
        sums.append(np.exp(nll[0]))
    logits = tf.matmul(vectors[:1, :1], table, transpose_b=True)
    full = np.exp(sequence_nll(logits, TARGETS[:1, :1])[0][0])
    error = np.std(sums) / np.sqrt(len(sums))
    assert abs(np.mean(sums) - full) < 4 * error
    assert error < 0.1 * full


def test_a_training_step_approximates_one_of_the_full_softmax():
    ids = tf.constant([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0], [2, 9, 10, 3, 0]])
    moved = []
    for negatives in (0, 100_000):
        keras.utils.set_random_seed(3)
        generator = Generator(30, embedding_dim=4, units=6, dropout=0.0)
        gan = GAN(generator, Discriminator(30), ema_decay=0.0)
        gan.compile(
            keras.optimizers.SGD(1.0),
            keras.optimizers.SGD(1.0),
            objective=LossConfig(sampled_softmax=negatives),
            stage="mle",
        )
        before = generator.get_weights()
        logs = gan.train_step(ids)
        after = generator.get_weights()
        steps = [b - a for a, b in zip(before, after, strict=True)]
        moved.append([float(logs["nll"]), *steps])
    for full, sampled in zip(*moved, strict=True):
        np.testing.assert_allclose(sampled, full, rtol=0.05, atol=2e-3)


def test_a_latent_code_needs_the_full_softmax():
    with pytest.raises(UserError, match="--sampled_softmax takes no"):
        Config(losses=LossConfig(sampled_softmax=8), latent_dim=4)
