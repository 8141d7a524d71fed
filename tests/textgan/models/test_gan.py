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
LOSSES = ("vanilla", "relativistic", "feature_matching", "reinforce")


def make(
    g_rate=0.01,
    d_rate=0.01,
    stage="adversarial",
    latent_dim=0,
    ema_decay=0.99,
    steps=1,
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
        steps=steps,
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


def copy_weights(network):
    return [w.copy() for w in network.get_weights()]


def changed(network, before):
    return [
        np.abs(now - then).max() > 0
        for now, then in zip(network.get_weights(), before, strict=True)
    ]


def test_nll_counts_real_words_only():
    logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]])
    nll, words = sequence_nll(logits, np.array([[1, PAD]]))
    np.testing.assert_allclose(nll, [-np.log(0.25)], rtol=1e-6)
    np.testing.assert_array_equal(words, [1.0])


@pytest.mark.parametrize("kind", LOSSES)
def test_each_optimizer_updates_only_its_network(kind):
    gan = make(adversarial_loss=kind)
    optimizers = {
        gan.generator: gan.g_optimizer,
        gan.discriminator: gan.d_optimizer,
    }
    for trained in optimizers:
        before = {network: copy_weights(network) for network in optimizers}
        for network, optimizer in optimizers.items():
            optimizer.learning_rate = 0.01 if network is trained else 0.0
        fit(gan)
        for network in optimizers:
            changes = changed(network, before[network])
            assert all(changes) if network is trained else not any(changes)


@pytest.mark.integration
@pytest.mark.parametrize("kind", LOSSES)
def test_the_adversarial_loss_updates_every_weight_of_the_generator(kind):
    """Without the MLE term."""
    gan = make(d_rate=0.0, adversarial_loss=kind, mle_weight=0.0)
    before = copy_weights(gan.generator)
    fit(gan)
    assert all(changed(gan.generator, before))


@pytest.mark.parametrize(
    ("stage", "trained"),
    [("mle", (True, False)), ("discriminator", (False, True))],
)
def test_one_network_is_trained_in_each_pretraining_stage(stage, trained):
    gan = make(stage=stage)
    networks = (gan.generator, gan.discriminator)
    before = [copy_weights(network) for network in networks]
    history = fit(gan)
    for network, weights, moves in zip(networks, before, trained, strict=True):
        assert all(changed(network, weights)) == moves
        assert any(changed(network, weights)) == moves
    assert (history["discrim_loss"][0] > 0) == trained[1]
    assert (history["val_discrim_loss"][0] > 0) == trained[1]


@pytest.mark.integration
def test_the_joint_stage_ramps_up_the_adversarial_loss():
    gans = []
    for weight in (0.0, 50.0):
        keras.utils.set_random_seed(0)
        gans.append(make(stage="joint", steps=8, adversarial_weight=weight))
    plain, joint = gans
    start = copy_weights(joint.discriminator)
    histories = [fit(gan, epochs=5) for gan in gans]
    # Steps 0 to 4 have weight 0: both are MLE, and both discriminators learn.
    assert histories[0]["gen_loss"] == histories[1]["gen_loss"]
    assert all(changed(joint.discriminator, start))
    assert all(loss > 0 for loss in histories[1]["discrim_loss"])
    same = zip(plain.get_weights(), joint.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in same)
    # Weights 12.5 and 25 of the steps 5 and 6: the loss is no longer that of
    # MLE, by twice as much.
    extra = [
        abs(
            fit(joint, initial_epoch=epoch, epochs=epoch + 1)["gen_loss"][0]
            - fit(plain, initial_epoch=epoch, epochs=epoch + 1)["gen_loss"][0]
        )
        for epoch in (5, 6)
    ]
    assert extra[0] > 1.0
    assert extra[1] > 1.5 * extra[0]


def test_logs_match_their_definitions():
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


@pytest.mark.integration
def test_loss_terms_are_weighted():
    def loss(**weights):
        return fit(make(0.0, 0.0, ema_decay=0.0, **weights))["val_gen_loss"][0]

    full = loss(adversarial_weight=0.0)
    half = loss(adversarial_weight=0.0, mle_weight=0.5)
    assert half == pytest.approx(0.5 * full, rel=0.02)
    # Near chance a text's logit is ln 2, and there are three.
    both = loss(adversarial_weight=10.0)
    assert both - full == pytest.approx(30 * np.log(2), rel=0.3)


@pytest.mark.integration
def test_mle_overfits_few_texts():
    gan = make(g_rate=0.03, stage="mle", ema_decay=0.9)
    history = fit(gan, epochs=150)
    assert history["val_nll"][0] > 2.0
    # Three first words are equally likely: ln 3 nats in 9 words of 3 texts.
    floor = 3 * np.log(3) / 9
    assert floor - 0.01 < history["val_nll"][-1] < floor + 0.2


@pytest.mark.slow
def test_the_autoencoder_overfits_few_texts():
    """The latent code determines the first word."""
    gan = GAN(
        Generator(SIZE, 16, 16, dropout=0.0, latent_dim=8),
        Discriminator(SIZE, 6, filters=4, latent_dim=8),
        Encoder(SIZE, 8, 16, (1, 2), 16),
        ema_decay=0.0,
    )
    gan.compile(
        # Larger rates saturate all codes at one corner.
        keras.optimizers.Adam(0.001),
        keras.optimizers.Adam(0.001),
        objective=LossConfig(adversarial_loss="feature_matching"),
        stage="mle",
    )
    encoder = copy_weights(gan.encoder)
    history = fit(gan, epochs=900)
    assert history["val_nll"][-1] < 0.5 * 3 * np.log(3) / 9
    assert all(changed(gan.encoder, encoder))


def test_a_latent_code_requires_an_encoder():
    with pytest.raises(ValueError, match="takes an encoder"):
        GAN(Generator(SIZE, 6, 8, latent_dim=5), reader(5), None)


@pytest.mark.integration
def test_all_stages_train_with_a_latent_code():
    for stage in ("mle", "discriminator", "adversarial"):
        gan = make(
            stage=stage,
            latent_dim=5,
            adversarial_loss="feature_matching",
            soft_argmax_beta=1e3,
        )
        assert np.isfinite(fit(gan)["loss"]).all()


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["vanilla", "feature_matching", "reinforce"])
def test_the_discriminator_trained_to_classify(kind):
    gan = make(g_rate=0.0, d_rate=0.02, adversarial_loss=kind)
    history = fit(gan, epochs=80)
    assert history["discrim_loss"][0] == pytest.approx(2 * np.log(2), abs=0.3)
    assert history["discrim_loss"][-1] < 0.7


@pytest.mark.integration
@pytest.mark.parametrize("length", [2, 4, 9])
def test_real_and_generated_texts_have_the_same_length(length):
    gan = make(adversarial_length=length)
    real = gan._crop_or_pad(IDS).numpy()
    assert real.shape == (3, length)
    assert gan._generate(gan.generator, 3).words.shape == (3, length, SIZE)
    kept = min(length, 4)
    np.testing.assert_array_equal(real[:, :kept], IDS[:, 1 : kept + 1])
    assert (real[:, kept:] == PAD).all()
    assert np.isfinite(fit(gan)["loss"]).all()


def test_xla_is_off():
    assert make().jit_compile is False


def test_first_losses_are_golden(root):
    golden = json.loads((root / "tests/golden/textgan.json").read_text())
    history = fit(make(adversarial_weight=1.0), epochs=len(golden["gen_loss"]))
    for name, values in golden.items():
        if name != "origin":
            np.testing.assert_allclose(history[name], values, rtol=1e-4)


def test_unknown_words_in_training_texts():
    gan = make()
    ids = tf.where(IDS == 7, UNKNOWN, IDS)
    assert np.isfinite(fit(gan, ids=ids)["loss"]).all()


# Texts of one word: real ones say 5 or 6, never 4 or 7 to 11.
TOY = tf.constant([[2, 5, END], [2, 6, END]] * 64)


@pytest.mark.integration
@pytest.mark.parametrize("kind", LOSSES)
def test_a_toy_language_is_learned_adversarially(kind):
    """Without the MLE term."""
    if kind == "reinforce":
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
            adversarial_loss=kind,
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
    # The two oscillate, so the last values are averaged.
    assert np.mean(shares[-2:]) > 0.8
