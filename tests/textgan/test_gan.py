import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from textgan import GAN, Discriminator, Generator
from textgan.losses import sequence_nll
from textgan.vocabulary import END, PAD, START, UNKNOWN

SIZE = 12
IDS = tf.constant([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0], [2, 9, 10, 3, 0]])


def make(g_rate=0.01, d_rate=0.01, **knobs):
    gan = GAN(
        Generator(SIZE, embedding_dim=6, units=8, dropout=0.1),
        Discriminator(SIZE, embedding_dim=6, filters=4),
        **knobs,
    )
    gan.compile(keras.optimizers.Adam(g_rate), keras.optimizers.Adam(d_rate))
    return gan


def fit(gan, epochs=1, ids=IDS, **keywords):
    data = tf.data.Dataset.from_tensors(ids)
    return gan.fit(
        data,
        validation_data=data,
        epochs=epochs,
        verbose=0,
        shuffle=False,
        **keywords,
    ).history


def test_nll_counts_real_words_only():
    logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]])
    nll, words = sequence_nll(logits, np.array([[1, PAD]]))
    np.testing.assert_allclose(nll, [-np.log(0.25)], rtol=1e-6)
    np.testing.assert_array_equal(words, [1.0])


def test_free_texts_are_one_hot_and_pad_after_their_end():
    gan = make(free_length=15)
    words = gan.write_freely(gan.generator, 200).numpy()
    assert words.shape == (200, 15, SIZE)
    np.testing.assert_allclose(words.max(axis=-1), 1.0, atol=1e-6)
    np.testing.assert_allclose(words.sum(axis=-1), 1.0, atol=1e-5)
    ids = words.argmax(axis=-1)
    ended = np.cumsum(ids == END, axis=1) - (ids == END) > 0
    assert ended.any()
    assert (ids[ended] == PAD).all()


def test_free_words_follow_the_generators_distribution():
    gan = make(free_length=1)
    generator = gan.generator
    words = gan.write_freely(generator, 20_000).numpy()
    start = generator(tf.constant([[START]]))[0, 0]
    expected = tf.nn.softmax(start).numpy()
    # 20,000 draws: a standard error of at most 0.0035 each.
    np.testing.assert_allclose(words[:, 0].mean(axis=0), expected, atol=0.015)


def test_each_call_writes_new_texts():
    gan = make()
    one = gan.write_freely(gan.generator, 4)
    other = gan.write_freely(gan.generator, 4)
    assert np.abs(one - other).max() > 0


def test_the_judges_gradient_reaches_every_weight_of_the_generator():
    gan = make(free_length=6)
    with tf.GradientTape() as tape:
        words = gan.write_freely(gan.generator, 8)
        logit, _ = gan.discriminator.judge_soft(words)
        loss = tf.reduce_mean(logit)
    variables = gan.generator.trainable_variables
    for gradient in tape.gradient(loss, variables):
        assert float(tf.norm(tf.convert_to_tensor(gradient))) > 0


@pytest.mark.parametrize(("g_rate", "d_rate"), [(0.01, 0.0), (0.0, 0.01)])
def test_each_update_moves_its_own_network_only(g_rate, d_rate):
    gan = make(g_rate, d_rate)
    networks = {gan.generator: g_rate, gan.discriminator: d_rate}
    before = {n: [w.copy() for w in n.get_weights()] for n in networks}
    fit(gan)
    for network, rate in networks.items():
        moved = [
            np.abs(now - then).max() > 0
            for now, then in zip(
                network.get_weights(), before[network], strict=True
            )
        ]
        assert all(moved) if rate else not any(moved)


def test_logs_hold_the_sums_they_promise():
    gan = make(adversarial_weight=0.0, ema_decay=0.0)
    history = {key: rows[0] for key, rows in fit(gan).items()}
    nll, words = sequence_nll(gan.generator(IDS[:, :-1]), IDS[:, 1:])
    total = float(tf.reduce_sum(nll))
    assert history["val_gen_loss"] == pytest.approx(total, rel=1e-5)
    per_word = total / 9  # 4 + 2 + 3 words, each text's end included.
    assert float(tf.reduce_sum(words)) == 9
    assert history["val_nll"] == pytest.approx(per_word, rel=1e-5)
    assert history["val_perplexity"] == pytest.approx(
        np.exp(per_word), rel=1e-5
    )
    for prefix in ("", "val_"):
        assert history[f"{prefix}loss"] == pytest.approx(
            history[f"{prefix}gen_loss"] + history[f"{prefix}discrim_loss"]
        )


def test_it_learns_texts_by_heart():
    history = fit(make(g_rate=0.03, ema_decay=0.9), epochs=150)
    assert history["val_nll"][0] > 2.0
    # Three first words are equally likely: ln 3 nats in 9 words of 3 texts.
    floor = 3 * np.log(3) / 9
    assert floor - 0.01 < history["val_nll"][-1] < floor + 0.2


def test_the_judge_learns_to_tell_real_from_free():
    history = fit(make(g_rate=0.0, d_rate=0.02), epochs=80)
    chance = 2 * np.log(2)
    assert history["discrim_loss"][0] == pytest.approx(chance, abs=0.3)
    assert history["discrim_loss"][-1] < 0.5


@pytest.mark.parametrize("length", [2, 4, 9])
def test_real_and_free_texts_have_the_same_length_for_the_judge(length):
    gan = make(free_length=length)
    real = gan._judged_part(IDS).numpy()
    assert real.shape == (3, length)
    assert gan.write_freely(gan.generator, 3).shape == (3, length, SIZE)
    kept = min(length, 4)
    np.testing.assert_array_equal(real[:, :kept], IDS[:, 1 : kept + 1])
    assert (real[:, kept:] == PAD).all()
    assert np.isfinite(fit(gan)["loss"]).all()


def test_steps_are_not_compiled_for_each_length_of_batch():
    assert make().jit_compile is False


def test_first_losses_are_golden(root):
    golden = json.loads((root / "tests/golden/textgan.json").read_text())
    history = fit(make(), epochs=len(golden["gen_loss"]))
    for name, values in golden.items():
        if name != "origin":
            np.testing.assert_allclose(history[name], values, rtol=1e-4)


def test_unknown_words_are_learnt_but_never_needed():
    gan = make()
    ids = tf.where(IDS == 7, UNKNOWN, IDS)
    assert np.isfinite(fit(gan, ids=ids)["loss"]).all()
