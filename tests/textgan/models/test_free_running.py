"""Free-running samples: padded after their end, of the right distribution."""

import numpy as np
import pytest
import tensorflow as tf

from textgan import Discriminator, Generator
from textgan.data.vocabulary import END, PAD, START
from textgan.losses.adversarial import (
    AdversarialLoss,
    GeneratedBatch,
    ReinforceLoss,
    make_adversarial_loss,
    valid_steps,
)
from textgan.losses.config import LossConfig
from textgan.models.free_running import (
    gumbel_softmax,
    sample_relaxed,
    soft_argmax,
    swap_tokens,
)

SIZE = 12
SEED = tf.constant([1, 2])


@pytest.fixture
def generator():
    return Generator(SIZE, embedding_dim=6, units=8)


def sample(generator, count, length=15, relax=None, seed=SEED):
    relax = relax or gumbel_softmax(1.0)
    state = generator.initial_state(count)
    return sample_relaxed(generator, state, length, relax, seed)


@pytest.mark.parametrize("relax", [gumbel_softmax(0.7), gumbel_softmax(0.05)])
def test_samples_are_padded_after_their_end(generator, relax):
    words = sample(generator, 200, relax=relax).numpy()
    assert words.shape == (200, 15, SIZE)
    np.testing.assert_allclose(words.sum(axis=-1), 1.0, atol=1e-5)
    ids = words.argmax(axis=-1)
    ended = np.cumsum(ids == END, axis=1) - (ids == END) > 0
    assert ended.any()
    assert (words[ended][:, PAD] == 1).all()


def test_words_are_harder_at_lower_temperatures(generator):
    hardness = [
        sample(generator, 50, 1, gumbel_softmax(t)).numpy().max(-1).mean()
        for t in (2.0, 0.5, 0.01)
    ]
    assert hardness[0] < 0.5 < hardness[1] < 0.99 < hardness[2]


def test_samples_follow_the_generators_distribution(generator):
    soft = sample(generator, 20_000, length=1).numpy()
    words = np.eye(SIZE)[soft.argmax(axis=-1)]
    start = generator(tf.constant([[START]]))[0, 0]
    expected = tf.nn.softmax(start).numpy()
    expected[[PAD, START]] = 0
    expected /= expected.sum()
    # 20,000 draws: a standard error of at most 0.0035 each.
    np.testing.assert_allclose(words[:, 0].mean(axis=0), expected, atol=0.015)


def test_sampling_is_deterministic_by_seed(generator):
    one, same = sample(generator, 4), sample(generator, 4)
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - sample(generator, 4, seed=SEED + 9)).max() > 0


def test_soft_argmax_takes_the_most_likely_word(generator):
    words = sample(generator, 1, length=1, relax=soft_argmax(1e6)).numpy()
    logits = generator(tf.constant([[START]]))[0, 0].numpy()
    logits[[PAD, START]] = -np.inf
    assert words[0, 0, logits.argmax()] > 0.99


@pytest.mark.parametrize("relax", [gumbel_softmax(1.0), soft_argmax(3.0)])
def test_gradients_reach_every_weight_of_the_generator(generator, relax):
    discriminator = Discriminator(SIZE, embedding_dim=6, filters=4)
    with tf.GradientTape() as tape:
        words = sample(generator, 8, length=6, relax=relax)
        loss = tf.reduce_mean(discriminator.score_soft(words)[0])
    for gradient in tape.gradient(loss, generator.trainable_variables):
        assert float(tf.norm(tf.convert_to_tensor(gradient))) > 0


def test_latent_codes_determine_the_text():
    generator = Generator(SIZE, 6, 8, latent_dim=5)
    codes = tf.random.stateless_uniform((3, 5), (1, 1), -1, 1)
    relax = soft_argmax(50.0)
    one, again, other = (
        sample_relaxed(generator, generator.initial_state(3, c), 4, relax, SEED)
        for c in (codes, codes, -codes)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_swapping_changes_only_the_order():
    ids = tf.constant([[5, 6, 7, 8, END, PAD], [9, END, PAD, PAD, PAD, PAD]])
    seen = set()
    for number in range(40):
        swapped = swap_tokens(ids, tf.constant([number, 0])).numpy()
        np.testing.assert_array_equal(swapped[1], ids[1])
        np.testing.assert_array_equal(swapped[0, 4:], ids[0, 4:])
        assert sorted(swapped[0, :4]) == [5, 6, 7, 8]
        assert np.sum(swapped[0] != ids[0].numpy()) in (0, 2)
        seen.add(tuple(swapped[0]))
    # All six pairs, and the unchanged text where both positions are equal.
    assert len(seen) == 7


def test_valid_steps_end_with_the_end_token():
    ids = tf.constant([[5, 6, END, PAD], [5, 6, 7, 8], [END, PAD, PAD, PAD]])
    np.testing.assert_array_equal(
        valid_steps(ids), [[1, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0]]
    )


def test_returns_are_discounted():
    loss_fn = ReinforceLoss(
        LossConfig(adversarial_loss="reinforce", discount=0.5)
    )
    logits = tf.constant([[0.0, 100.0, -100.0, 100.0]])
    mask = tf.constant([[1.0, 1.0, 1.0, 0.0]])
    # Rewards 0, 1, -1 and nothing behind the end.
    np.testing.assert_allclose(
        loss_fn._returns(logits, mask), [[0.25, 0.5, -1.0, 0.0]], atol=1e-5
    )


def test_the_gradient_of_reinforce_is_unbiased():
    """Against the exact gradient of the reward of all one-word texts."""
    generator = Generator(6, 4, 5)
    loss_fn = ReinforceLoss(
        LossConfig(
            adversarial_loss="reinforce", adversarial_length=1, discount=0.0
        )
    )
    scores = tf.constant([0.0, 0.0, 0.0, 1.0, -2.0, 3.0])

    def discriminator(ids):
        return tf.gather(scores, ids)[..., None]

    weights = generator.projection.bias
    with tf.GradientTape() as tape:
        first = generator(tf.constant([[START]]))[0, 0]
        shares = tf.nn.softmax(first)
        wanted = -tf.reduce_sum(shares * (2 * tf.sigmoid(scores) - 1))
    exact = tape.gradient(wanted, weights)
    with tf.GradientTape() as tape:
        fake = loss_fn.generate_batch(generator, 20_000, SEED)
        loss = tf.reduce_mean(
            loss_fn.generator_loss(generator, discriminator, None, fake, True)
        )
    np.testing.assert_allclose(tape.gradient(loss, weights), exact, atol=0.02)


def test_the_temperature_is_annealed_geometrically():
    config = LossConfig(gumbel_temperature=4.0, gumbel_temperature_end=0.25)
    loss_fn = AdversarialLoss(config, steps=10)
    temperatures = [
        float(loss_fn._temperature(step)) for step in (0, 5, 10, 99)
    ]
    assert temperatures == pytest.approx([4.0, 1.0, 0.25, 0.25])


def test_every_adversarial_loss_has_its_class():
    for name, kind in (
        ("feature_matching", "FeatureMatchingLoss"),
        ("reinforce", "ReinforceLoss"),
    ):
        assert (
            type(
                make_adversarial_loss(LossConfig(adversarial_loss=name), 1)
            ).__name__
            == kind
        )
    fake = GeneratedBatch(tf.zeros((1, 1, 1)), None)
    assert fake.code is None
