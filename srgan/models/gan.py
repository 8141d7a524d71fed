"""The combined model: pixel loss first, then a discriminator as well."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from gancore import losses
from gancore.base_gan import BaseGAN
from gancore.distribute import collectives
from srgan.data.mapping_network import MappingNetwork
from srgan.losses.config import LossConfig
from srgan.losses.perceptual import FeatureExtractor, perceptual_distance
from srgan.losses.pixel import content_loss, distance, pixel_loss
from srgan.metrics.psnr_ssim import psnr, ssim
from srgan.models.discriminator import Discriminator
from srgan.models.generator import Generator
from srgan.models.unet_discriminator import UNetDiscriminator


class GAN(BaseGAN):
    """SRGAN: upscales images so that a discriminator takes them for photographs.

    Training has stages, each a `fit` after its own `compile`. Where the
    objective has no adversarial weight the generator learns from pixels alone,
    the paper's SRResNet, or from pixels and features, and the discriminator
    rests. Otherwise the generator descends the weighted sum of the objective's
    terms, and the discriminator its own loss on the same upscaled images.

    Data are pairs of low- and high-resolution images, as the mapping network
    makes them, RGB in 0..255.

    Logs: `loss` is the sum of the next two; `discrim_loss` is the discriminator's loss
    and 0 while it rests; `gen_loss` is the generator's objective; `psnr` is in
    dB on the Y channel without a border of `scale` pixels. Only in validation:
    `ssim` of Wang et al. on the same channel, and `perceptual`, the mean over
    layers of `perceptual_distance`, if the features are of a fixed network.
    All are means over the epoch. Validation is of the averaged generator.

    Args:
        generator: A `Generator`.
        discriminator: A `Discriminator` or `UNetDiscriminator`.
        features: What the content loss compares, for objectives that have one.
        ema_decay: Decay of the generator's average; 0 for none.

    Call arguments:
        low: float32 tensor of shape `(batch, height, width, 3)`, RGB, 0..255.

    Returns:
        float32 tensor of `scale` times the height and width, made by the
        averaged generator, with fixed noise if it takes any.

    Examples:
        >>> gan = GAN(Generator(2, blocks=1, filters=8), Discriminator(0.1))
        >>> pixels = Objective(perceptual_weight=0.0, adversarial_weight=0.0)
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(), adam(), objective=pixels)
        >>> pair = tf.zeros((1, 16, 16, 3)), tf.zeros((1, 32, 32, 3))
        >>> message = gan.fit(tf.data.Dataset.from_tensors(pair), verbose=0,
        ...                shuffle=False)
        >>> sorted(message.history)
        ['discrim_loss', 'gen_loss', 'loss', 'psnr']

    Reference:
        - [Ledig et al. 2017](https://arxiv.org/abs/1609.04802)
        - [Wang et al. 2018](https://arxiv.org/abs/1809.00219): ESRGAN
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator | UNetDiscriminator,
        *,
        features: FeatureExtractor | None = None,
        ema_decay: float = 0.99,
        **kwargs: Any,
    ) -> None:
        names = ["loss", "discrim_loss", "gen_loss", "psnr", "ssim"]
        measured = features is not None and features.fixed
        if measured:
            names.append("perceptual")
        super().__init__(
            generator,
            discriminator,
            trackers=[keras.metrics.Mean(name=name) for name in names],
            ema_decay=ema_decay,
            **kwargs,
        )
        self.scale = generator.scale
        self.features: Any = features
        self.measured = measured
        self.mapping = MappingNetwork(generator.scale)

    def compile(  # type: ignore[override]
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        *,
        objective: LossConfig,
        **kwargs: Any,
    ) -> None:
        """Begins a stage.

        Args:
            g_optimizer: Optimizer of the generator.
            d_optimizer: Optimizer of the discriminator.
            objective: The terms of both losses.

        Raises:
            ValueError: If the objective has a content loss and there is
                nothing to give its features.
        """
        if objective.perceptual_weight and self.features is None:
            raise ValueError("a content loss takes features")
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.objective = objective
        self.stage = "content" if objective.perceptual_weight else "pixel"
        if objective.adversarial:
            self.stage = "adversarial"

    def train_step(
        self, pair: tuple[tf.Tensor, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        low, original = pair
        with tf.GradientTape() as tape:
            high = self.upscale(self.generator, low, training=True)
            g_loss = self.generator_loss(low, high, original)
            own = collectives.replica_share(g_loss, tf.shape(low)[0])
        self.apply_gradients_to(
            tape, own, self.generator_variables, self.g_optimizer
        )
        self.update_ema()

        d_loss = tf.constant(0.0)
        if self.objective.adversarial:
            # The discriminator learns from the same upscaled images.
            high = tf.stop_gradient(high)
            with tf.GradientTape() as tape:
                d_loss = self._discriminator(original, high, training=True)
                own = collectives.replica_share(d_loss, tf.shape(low)[0])
            discriminator = self.discriminator.trainable_variables
            self.apply_gradients_to(tape, own, discriminator, self.d_optimizer)
        return self._report(high, original, g_loss, d_loss)

    def test_step(
        self, pair: tuple[tf.Tensor, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        low, original = pair
        high = self.upscale(self.ema_generator, low, training=False)
        g_loss = self.generator_loss(low, high, original, training=False)
        d_loss = tf.constant(0.0)
        if self.objective.adversarial:
            d_loss = self._discriminator(original, high, training=False)
        more = {"ssim": ssim(high, original, self.scale)}
        if self.measured:
            gaps = perceptual_distance(self.features, high, original)
            more["perceptual"] = tf.add_n(list(gaps.values())) / len(gaps)
        return self._report(high, original, g_loss, d_loss, **more)

    def call(self, low: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.upscale(self.ema_generator, low, training=training)

    def upscale(
        self, generator: keras.Model, low: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """Runs a generator, with noise if it takes any.

        In training the noise is new each time, else it is always the same.
        """
        if not self.generator.noise_channels:
            return generator(low, training=training)
        shape = (*tf.unstack(tf.shape(low)[:3]), self.generator.noise_channels)
        seed = self.seeds if training else 0
        noise = keras.random.normal(shape, seed=seed)
        return generator([low, noise], training=training)

    def generator_loss(
        self,
        low: tf.Tensor,
        high: tf.Tensor,
        original: tf.Tensor,
        training: bool = True,
    ) -> tf.Tensor:
        """Gives what the generator descends; a subclass may add to it.

        Args:
            low: What was upscaled, shape `(batch, height, width, 3)`, 0..255.
            high: What became of it.
            original: What it should have become, of the shape of `high`.
            training: Whether it is descended, or only told.

        Returns:
            Scalar.
        """
        terms = self.objective
        loss = terms.pixel_weight * pixel_loss(high, original, terms.pixel_loss)
        # Of what is not used here, a graph computes nothing.
        features, fake = self._look(high)
        original_features, real = self._look(original)
        if terms.perceptual_weight:
            loss += terms.perceptual_weight * content_loss(
                features, original_features, terms.content_loss
            )
        if terms.adversarial:
            loss += self._ramped_weight(training) * tf.reduce_mean(
                losses.generator_loss(fake, real, terms.adversarial_loss)
            )
        if terms.consistency_weight:
            again = self.mapping.project(high)
            loss += terms.consistency_weight * pixel_loss(again, low)
        if terms.diversity and training:
            other = self.upscale(self.generator, low, training=True)
            gap = distance(high, other, "l1")
            loss += tf.nn.relu(terms.diversity - gap) / 255.0
        return loss

    def _look(self, images: tf.Tensor) -> tuple[list[tf.Tensor], Any]:
        """Gives features and the discriminator's logits, if the objective takes any."""
        terms = self.objective
        if not terms.perceptual_weight:
            features: list[tf.Tensor] = []
        elif terms.adversarial and not self.features.fixed:
            return self.features.with_output(images)
        else:
            features = self.features(images)
        if not terms.adversarial:
            return features, None
        return features, self.discriminator(images, training=False)

    def _ramped_weight(self, training: bool) -> tf.Tensor:
        weight = tf.constant(self.objective.adversarial_weight)
        if not self.objective.adversarial_warmup_steps or not training:
            return weight
        done = tf.cast(self.g_optimizer.iterations, tf.float32)
        return weight * tf.minimum(
            1.0, done / self.objective.adversarial_warmup_steps
        )

    def _discriminator(
        self, original: tf.Tensor, high: tf.Tensor, training: bool
    ) -> tf.Tensor:
        terms = self.objective
        # One call: batch normalisation then learns the statistics of real and
        # fake together, which are those it uses when it discriminators the generator,
        # and a spectral norm is estimated once.
        both = tf.concat([original, high], axis=0)
        real, fake = tf.split(self.discriminator(both, training=training), 2)
        loss = losses.discriminator_loss(
            real, fake, terms.adversarial_loss, terms.label_smoothing
        )
        if terms.r1_weight and training:
            loss += terms.r1_weight * self._penalty(original)
        return loss

    def _penalty(self, original: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(original)
            # Not with the statistics of the batch, by which a image's logit
            # would hang on the other images.
            logits = self.discriminator(original, training=False)
            # Of images, whether the discriminator gives a logit or a map of them.
            certainty = tf.reduce_sum(
                tf.reduce_mean(logits, axis=range(1, len(logits.shape)))
            )
        # The networks see pixels in -1..1.
        return losses.gradient_penalty(
            127.5 * tape.gradient(certainty, original)
        )

    def _report(
        self,
        high: tf.Tensor,
        original: tf.Tensor,
        g_loss: tf.Tensor,
        d_loss: tf.Tensor,
        **more: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        images = tf.cast(tf.shape(high)[0], tf.float32)
        values = {"psnr": psnr(high, original, self.scale), **more}
        return self.track(
            loss=(g_loss + d_loss, images),
            discrim_loss=(d_loss, images),
            gen_loss=(g_loss, images),
            **{
                name: (tf.reduce_mean(value), images)
                for name, value in values.items()
            },
        )
