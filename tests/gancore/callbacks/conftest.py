"""A GAN small enough to be trained for many epochs."""

import keras
import pytest
import tensorflow as tf

from gancore.base_gan import BaseGAN


class Toy(BaseGAN):
    """The generator minimizes its mean output; the discriminator is frozen."""

    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.generator(x))
        self.apply_gradients_to(
            tape, loss, self.generator_variables, self.g_optimizer
        )
        return self.update_metrics(gen_loss=loss, psnr=2.0 * loss)

    def test_step(self, x):
        loss = tf.reduce_mean(self.generator(x))
        return self.update_metrics(gen_loss=loss, psnr=2.0 * loss)


def dense():
    # Named, as the layers of a fresh process are always named alike.
    layer = keras.layers.Dense(1, kernel_initializer="ones", name="dense")
    return keras.Sequential([keras.Input((2,)), layer], name="network")


@pytest.fixture
def train():
    """Trains some epochs of a stage, from an initial epoch on."""

    def run(*callbacks, epochs, initial_epoch=0, stage="pixel"):
        names = ("gen_loss", "psnr")
        trackers = [keras.metrics.Mean(name=name) for name in names]
        gan = Toy(dense(), dense(), trackers)
        gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.Adam())
        gan.stage = stage
        ones = tf.ones((4, 2))
        return gan.fit(
            ones,
            validation_data=ones,
            initial_epoch=initial_epoch,
            epochs=epochs,
            verbose=0,
            callbacks=list(callbacks),
        ).history

    return run
