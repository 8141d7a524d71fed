import math

import keras
import pytest
import tensorflow as tf

from gancore.callbacks.collapse_monitor import CollapseMonitor
from gancore.errors import RuntimeFailure
from gancore.training import tf_setup
from srgan import GAN as ImageGAN
from srgan import Discriminator as ImageDiscriminator
from srgan import Generator as Upscaler
from srgan import LossConfig as ImageObjective
from srgan.training.monitoring import MIN_DISTINCT_RATIO as IMAGE_LIMITS
from srgan.training.monitoring import detail_ratio
from textgan import GAN, Discriminator, Generator, LossConfig, Vocabulary
from textgan.training.monitoring import MIN_DISTINCT_RATIO as TEXT_LIMITS
from textgan.training.monitoring import distinct_ratio

WORDS = [f"w{i}" for i in range(40)]


class Stage:
    stage = "adversarial"


def watch(measured, losses, limits=None):
    """Runs epochs whose measures and discriminator's losses are given."""
    values = iter(measured)
    callback = CollapseMonitor(
        lambda: {"share": next(values)},
        limits or {"share": (0.5, "all alike")},
    )
    callback.set_model(Stage())
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"discrim_loss": loss})
    return callback


def test_a_discriminator_that_is_certain_for_long_is_message_once(capsys):
    watch([1.0] * 9, [1.3, 1e-3, 0.5, 1e-3, 1e-4])
    assert capsys.readouterr().err == ""
    watch([1.0] * 9, [1e-3] * 6)
    message = capsys.readouterr().err.splitlines()
    assert len(message) == 1 and "certain for 3 epochs" in message[0]


def test_less_than_its_share_of_the_first_is_message(capsys):
    watch([0.9, 0.46, 0.44, 0.1], [1.3, 1.3, 1.3])
    message = capsys.readouterr().err.splitlines()
    assert message == [
        "warning: all alike: share 0.44, it was 0.9 before the adversarial "
        "stage; what was saved before may be better"
    ]


def test_it_goes_on_where_it_stopped(capsys):
    first = watch([1.0, 1.0, 1.0], [1e-3, 1e-3])
    again = CollapseMonitor(lambda: {"share": 0.4}, first.least)
    again.set_model(Stage())
    again.set_state(first.get_state())
    again.on_train_begin()
    again.on_epoch_end(2, {"discrim_loss": 1e-3})
    message = capsys.readouterr().err
    assert "certain for 3 epochs" in message and "it was 1 before" in message


def text_gan():
    vocabulary = Vocabulary.build([WORDS], 100)
    generator = Generator(len(vocabulary), 4, 6)
    discriminator = Discriminator(len(vocabulary))
    return GAN(generator, discriminator, ema_decay=0.0), vocabulary


def test_a_generator_that_writes_one_text_is_seen():
    gan, vocabulary = text_gan()
    measure = distinct_ratio(gan, vocabulary)
    before = measure()
    assert before["unique"] > 0.99 and before["distance"] > 0.5
    # One word, until the end comes by a chance of one in seven.
    table = gan.generator.embedding.embeddings
    two = tf.one_hot(3, table.shape[0]) + 1.05 * tf.one_hot(10, table.shape[0])
    table.assign(two[:, None] * tf.ones((1, 4)))
    gan.generator.projection.kernel.assign(tf.zeros((6, 4)))
    gan.generator.projection.bias.assign(tf.fill((4,), 9.0))
    after = measure()
    assert after["unique"] < TEXT_LIMITS["unique"][0] * before["unique"]
    assert after["distance"] < TEXT_LIMITS["distance"][0] * before["distance"]


def test_an_upscaler_that_gives_grey_is_seen():
    generator = Upscaler(2, filters=4, blocks=1)
    gan = ImageGAN(generator, ImageDiscriminator(0.1), ema_decay=0.0)
    images = tf.random.stateless_uniform((2, 32, 32, 3), (1, 2), 0, 255)
    low = tf.nn.avg_pool2d(images, 2, 2, "SAME")
    pairs = tf.data.Dataset.from_tensors((low, images))
    measure = detail_ratio(gan, pairs)
    gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
    after = measure()
    for name, (share, _) in IMAGE_LIMITS.items():
        assert after[name] < 0.5 * share
    original = detail_of_originals(gan, pairs)
    assert original == pytest.approx({"contrast": 1.0, "detail": 1.0})


def detail_of_originals(gan, pairs):
    gan.upscale = lambda network, low, training: next(iter(pairs))[1]
    return detail_ratio(gan, pairs)()


class Spoil(keras.callbacks.Callback):
    """Makes a weight endless before the third step."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(batch)
        if batch == 2:
            self.weight.assign(self.weight * math.inf)


@pytest.mark.parametrize(
    ("stage", "who"),
    [
        ("likelihood", "generator"),
        ("discriminator", "discriminator"),
        ("adversarial", "generator"),
    ],
)
def test_a_gradient_that_is_no_number_stops_texts_at_the_step(stage, who):
    gan, _ = text_gan()
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        objective=LossConfig(adversarial_length=4),
        stage=stage,
    )
    spoilt = gan.generator.projection.kernel
    if who == "discriminator":
        spoilt = gan.discriminator.embedding.embeddings
    check_stops(gan, tf.constant([[2, 5, 6, 3]]), spoilt, who, stage)


@pytest.mark.parametrize(
    ("weight", "stage"), [(0.0, "pixel"), (1e-3, "adversarial")]
)
def test_a_gradient_that_is_no_number_stops_images_at_the_step(weight, stage):
    generator = Upscaler(2, filters=4, blocks=1)
    gan = ImageGAN(generator, ImageDiscriminator(0.1), ema_decay=0.0)
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        objective=ImageObjective(
            perceptual_weight=0.0, adversarial_weight=weight
        ),
    )
    pair = (tf.zeros((1, 16, 16, 3)), tf.ones((1, 32, 32, 3)))
    spoilt = gan.generator.trainable_variables[0]
    check_stops(gan, pair, spoilt, "generator", stage)


def check_stops(gan, batch, spoilt, who, stage):
    data = tf.data.Dataset.from_tensors(batch).repeat(6)
    spoil = Spoil(spoilt)
    with (
        pytest.raises(RuntimeFailure) as message,
        tf_setup.plain_tensorflow_errors(),
    ):
        gan.fit(data, verbose=0, shuffle=False, callbacks=[spoil])
    assert spoil.seen == [0, 1, 2]
    sentence = str(message.value)
    assert f"the gradient of the {who} became NaN or infinite" in sentence
    assert f"in the stage {stage};" in sentence
    assert "try a lower learning rate" in sentence
