"""The combined model: pixel loss first, then a judge as well."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from adversarial import losses
from adversarial.model import AdversarialModel
from srgan.discriminator import Discriminator
from srgan.generator import Generator
from srgan.losses import pixel_loss
from srgan.metrics import psnr


class GAN(AdversarialModel):
    """SRGAN: enlarges pictures so that a judge takes them for photographs.

    Training has two stages, each a `fit` after its own `compile`. With
    `adversarial_weight=0` the generator learns from pixels alone, the paper's
    SRResNet, and the discriminator rests. With a positive weight the
    generator descends the pixel loss plus the weighted adversarial loss, and
    the discriminator its own loss on the same enlargements.

    Data are pairs of low- and high-resolution images, as the mapping network
    makes them, RGB in 0..255.

    Logs: `loss` is the sum of the next two; `discrim_loss` is the judge's
    cross-entropy in nats, summed over real and fake, and 0 while it rests;
    `gen_loss` is the generator's objective, whose pixel part is in grey
    levels; `psnr` is in dB on the Y channel without a border of `scale`
    pixels. All are means over the epoch. Validation is of the averaged
    generator.

    Args:
        generator: A `Generator`.
        discriminator: A `Discriminator`.
        ema_decay: Decay of the generator's average; 0 for none.

    Reference:
        - [Ledig et al. 2017](https://arxiv.org/abs/1609.04802)
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        *,
        ema_decay: float = 0.99,
        **kwargs: Any,
    ) -> None:
        names = ("loss", "discrim_loss", "gen_loss", "psnr")
        super().__init__(
            generator,
            discriminator,
            trackers=[keras.metrics.Mean(name=name) for name in names],
            ema_decay=ema_decay,
            **kwargs,
        )
        self.scale = generator.scale

    def compile(  # type: ignore[override]
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        *,
        adversarial_weight: float,
        **kwargs: Any,
    ) -> None:
        """Begins a stage.

        Args:
            g_optimizer: Optimizer of the generator.
            d_optimizer: Optimizer of the discriminator.
            adversarial_weight: Grey levels per nat of the adversarial loss;
                0 for the pixel stage.
        """
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.adversarial_weight = adversarial_weight

    def train_step(self, pair: tuple) -> dict[str, tf.Tensor]:
        low, original = pair
        with tf.GradientTape() as tape:
            high = self.generator(low, training=True)
            g_loss = self._objective(high, original)
        self.descend(tape, g_loss, self.generator, self.g_optimizer)
        self.update_average()

        d_loss = tf.constant(0.0)
        if self.adversarial_weight:
            # The judge learns from the same enlargements.
            high = tf.stop_gradient(high)
            with tf.GradientTape() as tape:
                d_loss = self._judge(original, high, training=True)
            self.descend(tape, d_loss, self.discriminator, self.d_optimizer)
        return self._report(high, original, g_loss, d_loss)

    def test_step(self, pair: tuple) -> dict[str, tf.Tensor]:
        low, original = pair
        high = self.averaged(low, training=False)
        g_loss = self._objective(high, original)
        d_loss = tf.constant(0.0)
        if self.adversarial_weight:
            d_loss = self._judge(original, high, training=False)
        return self._report(high, original, g_loss, d_loss)

    def _objective(self, high: tf.Tensor, original: tf.Tensor) -> tf.Tensor:
        loss = pixel_loss(high, original)
        if self.adversarial_weight:
            verdict = self.discriminator(high, training=False)
            loss += self.adversarial_weight * tf.reduce_mean(
                losses.generator_loss(verdict)
            )
        return loss

    def _judge(
        self, original: tf.Tensor, high: tf.Tensor, training: bool
    ) -> tf.Tensor:
        # One call: batch normalisation then learns the statistics of real and
        # fake together, which are those it uses when it judges the generator.
        both = tf.concat([original, high], axis=0)
        logits = self.discriminator(both, training=training)
        return losses.discriminator_loss(*tf.split(logits, 2))

    def _report(
        self,
        high: tf.Tensor,
        original: tf.Tensor,
        g_loss: tf.Tensor,
        d_loss: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        images = tf.cast(tf.shape(high)[0], tf.float32)
        return self.track(
            loss=(g_loss + d_loss, images),
            discrim_loss=(d_loss, images),
            gen_loss=(g_loss, images),
            psnr=(tf.reduce_mean(psnr(high, original, self.scale)), images),
        )
