import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from textgan import GAN, Discriminator, Generator
from textgan.data.vocabulary import END, PAD, UNKNOWN
from textgan.losses.config import LossConfig
from textgan.losses.likelihood import sequence_nll
from textgan.models.encoder import Encoder
from textgan.models.recurrent_discriminator import RecurrentDiscriminator

SIZE = 12
IDS = tf.constant([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0], [2, 9, 10, 3, 0]])
SIGNALS = ("vanilla", "relativistic", "feature_matching", "reinforce")


def make(
    g_rate=0.01,
    d_rate=0.01,
    stage="adversarial",
    latent_dim=0,
    ema_decay=0.99,
    **terms,
):
    objective = LossConfig(**{"adversarial_loss": "vanilla", **terms})
    if objective.adversarial_loss == "reinforce":
        discriminator = RecurrentDiscriminator(SIZE, embedding_dim=6, units=8)
    else:
        discriminator = reader(latent_dim)
    gan = GAN(
        Generator(
            SIZE, embedding_dim=6, units=8, dropout=0.1, latent_dim=latent_dim
        ),
        discriminator,
        Encoder(SIZE, latent_dim, 6, filters=4) if latent_dim else None,
        ema_decay=ema_decay,
    )
    gan.compile(
        keras.optimizers.Adam(g_rate),
        keras.optimizers.Adam(d_rate),
        objective=objective,
        stage=stage,
    )
    return gan


def reader(latent_dim):
    return Discriminator(
        SIZE, embedding_dim=6, filters=4, latent_dim=latent_dim
    )


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


def copies(network):
    return [w.copy() for w in network.get_weights()]


def moved(network, before):
    return [
        np.abs(now - then).max() > 0
        for now, then in zip(network.get_weights(), before, strict=True)
    ]


def test_nll_counts_real_words_only():
    logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]])
    nll, words = sequence_nll(logits, np.array([[1, PAD]]))
    np.testing.assert_allclose(nll, [-np.log(0.25)], rtol=1e-6)
    np.testing.assert_array_equal(words, [1.0])


@pytest.mark.parametrize("adversarial_loss", SIGNALS)
@pytest.mark.parametrize(("g_rate", "d_rate"), [(0.01, 0.0), (0.0, 0.01)])
def test_each_update_moves_its_own_network_only(signal, g_rate, d_rate):
    gan = make(g_rate, d_rate, adversarial_loss=signal)
    rates = {gan.generator: g_rate, gan.discriminator: d_rate}
    before = {network: copies(network) for network in rates}
    fit(gan)
    for network, rate in rates.items():
        changes = moved(network, before[network])
        assert all(changes) if rate else not any(changes)


@pytest.mark.parametrize("adversarial_loss", SIGNALS)
def test_the_signal_alone_reaches_every_weight_of_the_generator(signal):
    """The discriminator's, that is: without the likelihood of real texts."""
    gan = make(d_rate=0.0, adversarial_loss=signal, mle_weight=0.0)
    before = copies(gan.generator)
    fit(gan)
    assert all(moved(gan.generator, before))


@pytest.mark.parametrize(
    ("stage", "learns"),
    [("likelihood", (True, False)), ("discriminator", (False, True))],
)
def test_in_a_stage_of_its_own_one_network_learns(stage, learns):
    gan = make(stage=stage)
    networks = (gan.generator, gan.discriminator)
    before = [copies(network) for network in networks]
    history = fit(gan)
    for network, weights, learnt in zip(networks, before, learns, strict=True):
        assert all(moved(network, weights)) == learnt
        assert any(moved(network, weights)) == learnt
    assert (history["discrim_loss"][0] > 0) == learns[1]
    assert (history["val_discrim_loss"][0] > 0) == learns[1]


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


def test_the_weights_of_likelihood_and_signal_count():
    def loss(**weights):
        return fit(make(0.0, 0.0, ema_decay=0.0, **weights))["val_gen_loss"][0]

    whole = loss(adversarial_weight=0.0)
    half = loss(adversarial_weight=0.0, mle_weight=0.5)
    assert half == pytest.approx(0.5 * whole, rel=0.02)
    # Near chance a text's logit is ln 2, and there are three.
    both = loss(adversarial_weight=10.0)
    assert both - whole == pytest.approx(30 * np.log(2), rel=0.3)


def test_it_learns_texts_by_heart():
    gan = make(g_rate=0.03, stage="likelihood", ema_decay=0.9)
    history = fit(gan, epochs=150)
    assert history["val_nll"][0] > 2.0
    # Three first words are equally likely: ln 3 nats in 9 words of 3 texts.
    floor = 3 * np.log(3) / 9
    assert floor - 0.01 < history["val_nll"][-1] < floor + 0.2


@pytest.mark.slow
def test_texts_are_learnt_by_heart_through_their_codes():
    """Which first word comes is in the code, and needs no guess."""
    gan = GAN(
        Generator(SIZE, 16, 16, dropout=0.0, latent_dim=8),
        Discriminator(SIZE, 6, filters=4, latent_dim=8),
        Encoder(SIZE, 8, 16, (1, 2), 16),
        ema_decay=0.0,
    )
    gan.compile(
        # At larger rates all codes go to one corner and stay there.
        keras.optimizers.Adam(0.001),
        keras.optimizers.Adam(0.001),
        objective=LossConfig(adversarial_loss="feature_matching"),
        stage="likelihood",
    )
    encoder = copies(gan.encoder)
    history = fit(gan, epochs=900)
    assert history["val_nll"][-1] < 0.5 * 3 * np.log(3) / 9
    assert all(moved(gan.encoder, encoder))


def test_a_code_takes_an_encoder():
    with pytest.raises(ValueError, match="takes an encoder"):
        GAN(Generator(SIZE, 6, 8, latent_dim=5), reader(5), None)


def test_paper_stages_with_a_code_train():
    for stage in ("likelihood", "discriminator", "adversarial"):
        gan = make(
            stage=stage,
            latent_dim=5,
            adversarial_loss="feature_matching",
            soft_argmax_beta=1e3,
        )
        assert np.isfinite(fit(gan)["loss"]).all()


@pytest.mark.parametrize(
    "adversarial_loss", ["vanilla", "feature_matching", "reinforce"]
)
def test_the_discriminator_learns_to_tell_real_from_free(signal):
    gan = make(g_rate=0.0, d_rate=0.02, adversarial_loss=signal)
    history = fit(gan, epochs=80)
    assert history["discrim_loss"][0] == pytest.approx(2 * np.log(2), abs=0.3)
    assert history["discrim_loss"][-1] < 0.7


@pytest.mark.parametrize("length", [2, 4, 9])
def test_real_and_free_texts_have_the_same_length_for_the_discriminator(length):
    gan = make(adversarial_length=length)
    real = gan._scored_part(IDS).numpy()
    assert real.shape == (3, length)
    assert gan._write(gan.generator, 3).words.shape == (3, length, SIZE)
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


# Texts of one word: real ones say 5 or 6, never 4 or 7 to 11.
TOY = tf.constant([[2, 5, END], [2, 6, END]] * 64)


@pytest.mark.parametrize("adversarial_loss", SIGNALS)
def test_a_toy_language_is_learnt_from_the_discriminator_alone(signal):
    """No likelihood: what is real is known from the signal only."""
    if signal == "reinforce":
        discriminator = RecurrentDiscriminator(SIZE, 16, 16, dropout=0.0)
    else:
        discriminator = Discriminator(SIZE, 16, (1, 2), 16, dropout=0.0)
    gan = GAN(
        Generator(SIZE, 16, 16, dropout=0.0), discriminator, ema_decay=0.0
    )
    gan.compile(
        keras.optimizers.Adam(0.005, beta_1=0.5),
        keras.optimizers.Adam(0.002, beta_1=0.5),
        objective=LossConfig(
            adversarial_loss=signal,
            mle_weight=0.0,
            gumbel_temperature=0.3,
            gumbel_temperature_end=0.3,
            adversarial_length=2,
        ),
    )
    shares = []
    for _ in range(8):
        fit(gan, epochs=30, ids=TOY)
        first = gan.generator(tf.constant([[2]]))[0, 0]
        shares.append(tf.nn.softmax(first).numpy()[[5, 6]].sum())
    assert shares[0] < 0.75
    # The two dance around each other, so the end is a mean.
    assert np.mean(shares[-2:]) > 0.8
