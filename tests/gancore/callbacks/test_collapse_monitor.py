import math
from types import SimpleNamespace

import keras
import pytest
import tensorflow as tf

from gancore.callbacks.collapse_monitor import CollapseMonitor
from gancore.errors import RuntimeFailure
from gancore.training import tf_setup
from srgan import GAN as ImageGAN
from srgan import Discriminator as ImageDiscriminator
from srgan import Generator as ImageGenerator
from srgan import LossConfig as ImageLossConfig
from srgan.training.monitoring import MIN_DETAIL_RATIO, detail_ratio
from textgan import GAN, Discriminator, Generator, LossConfig, Vocabulary
from textgan.inference.samplers import Temperature
from textgan.inference.text_generator import TextGenerator
from textgan.training.monitoring import MIN_DISTINCT_RATIO, distinct_ratio

WORDS = [f"w{i}" for i in range(40)]


def monitor(metrics, losses):
    """Runs epochs with given metrics and losses of the discriminator."""
    values = iter(metrics)
    callback = CollapseMonitor(
        lambda: {"unique": next(values)}, {"unique": (0.5, "all alike")}
    )
    callback.set_model(SimpleNamespace(stage="adversarial"))
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"discrim_loss": loss})
    return callback


def test_a_saturated_discriminator_is_reported_once(capsys):
    monitor([1.0] * 9, [1.3, 1e-3, 0.5, 1e-3, 1e-4])
    assert capsys.readouterr().err == ""
    monitor([1.0] * 9, [1e-3] * 6)
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 1 and "saturated for 3 epochs" in warnings[0]


def test_a_metric_below_its_minimum_ratio_is_reported_once(capsys):
    monitor([0.9, 0.46, 0.44, 0.1], [1.3, 1.3, 1.3])
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: all alike: unique is 0.44, it was 0.9")


def test_the_state_is_restored(capsys):
    first = monitor([1.0, 1.0, 1.0], [1e-3, 1e-3])
    resumed = CollapseMonitor(lambda: {"unique": 0.4}, first.min_ratios)
    resumed.set_model(SimpleNamespace(stage="adversarial"))
    resumed.set_state(first.get_state())
    resumed.on_train_begin()
    resumed.on_epoch_end(2, {"discrim_loss": 1e-3})
    warnings = capsys.readouterr().err
    assert "saturated for 3 epochs" in warnings
    assert "it was 1 before" in warnings


def test_other_stages_are_not_measured():
    callback = CollapseMonitor(lambda: pytest.fail("measured"), {})
    callback.set_model(SimpleNamespace(stage="mle"))
    callback.on_train_begin()
    callback.on_epoch_end(0, {"discrim_loss": 0.0})


def text_gan():
    vocabulary = Vocabulary.build([WORDS], 100)
    generator = Generator(len(vocabulary), 4, 6)
    discriminator = Discriminator(len(vocabulary))
    return GAN(generator, discriminator, ema_decay=0.0), vocabulary


def test_a_collapsed_text_generator_is_detected():
    gan, vocabulary = text_gan()
    texts = TextGenerator(gan.ema_generator, vocabulary, Temperature(1.0))
    measure = distinct_ratio(lambda count: texts.generate(count=count))
    before = measure()
    assert before["unique"] > 0.99 and before["distance"] > 0.5
    # One word repeated, with a probability of 1/7 that the text ends.
    table = gan.generator.embedding.embeddings
    two = tf.one_hot(3, table.shape[0]) + 1.05 * tf.one_hot(10, table.shape[0])
    table.assign(two[:, None] * tf.ones((1, 4)))
    gan.generator.projection.kernel.assign(tf.zeros((6, 4)))
    gan.generator.projection.bias.assign(tf.fill((4,), 9.0))
    after = measure()
    for name in ("unique", "distance"):
        assert after[name] < MIN_DISTINCT_RATIO[name][0] * before[name]


def test_a_collapsed_image_generator_is_detected():
    generator = ImageGenerator(2, filters=4, blocks=1)
    gan = ImageGAN(generator, ImageDiscriminator(0.1), ema_decay=0.0)
    images = tf.random.stateless_uniform((2, 32, 32, 3), (1, 2), 0, 255)
    low = tf.nn.avg_pool2d(images, 2, 2, "SAME")
    pairs = tf.data.Dataset.from_tensors((low, images))
    measure = detail_ratio(gan, pairs)
    gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
    after = measure()
    for name, (ratio, _) in MIN_DETAIL_RATIO.items():
        assert after[name] < 0.5 * ratio
    # HR images as output.
    gan.upscale = lambda network, low, training: images
    assert measure() == pytest.approx({"contrast": 1.0, "detail": 1.0})


class SetInfinite(keras.callbacks.Callback):
    """Makes a weight infinite before the third step."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.batches = []

    def on_train_batch_begin(self, batch, logs=None):
        self.batches.append(batch)
        if batch == 2:
            self.weight.assign(self.weight * math.inf)


@pytest.mark.parametrize(
    ("stage", "network"),
    [
        ("mle", "generator"),
        ("discriminator", "discriminator"),
        ("adversarial", "generator"),
    ],
)
def test_a_nonfinite_gradient_stops_text_training_at_the_step(stage, network):
    gan, _ = text_gan()
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        objective=LossConfig(adversarial_length=4),
        stage=stage,
    )
    weight = gan.generator.projection.kernel
    if network == "discriminator":
        weight = gan.discriminator.embedding.embeddings
    check_stops(gan, tf.constant([[2, 5, 6, 3]]), weight, network, stage)


@pytest.mark.parametrize(
    ("adversarial_weight", "stage"), [(0.0, "pixel"), (1e-3, "adversarial")]
)
def test_a_nonfinite_gradient_stops_image_training_at_the_step(
    adversarial_weight, stage
):
    generator = ImageGenerator(2, filters=4, blocks=1)
    gan = ImageGAN(generator, ImageDiscriminator(0.1), ema_decay=0.0)
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        objective=ImageLossConfig(
            perceptual_weight=0.0, adversarial_weight=adversarial_weight
        ),
    )
    pair = (tf.zeros((1, 16, 16, 3)), tf.ones((1, 32, 32, 3)))
    weight = gan.generator.trainable_variables[0]
    check_stops(gan, pair, weight, "generator", stage)


def check_stops(gan, batch, weight, network, stage):
    data = tf.data.Dataset.from_tensors(batch).repeat(6)
    set_infinite = SetInfinite(weight)
    with (
        pytest.raises(RuntimeFailure) as error,
        tf_setup.plain_tensorflow_errors(),
    ):
        gan.fit(data, verbose=0, shuffle=False, callbacks=[set_infinite])
    assert set_infinite.batches == [0, 1, 2]
    message = str(error.value)
    assert f"the gradient of the {network} became NaN or infinite" in message
    assert f"in the stage {stage};" in message
    assert "try a lower learning rate" in message
