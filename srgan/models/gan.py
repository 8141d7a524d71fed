"""The combined model of generator and discriminator."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from gancore import losses
from gancore.base_gan import BaseGAN
from gancore.distribute import collectives
from gancore.trackers import Tracker
from srgan.data.mapping_network import MappingNetwork
from srgan.losses.config import LossConfig
from srgan.losses.perceptual import perceptual_distance, perceptual_loss
from srgan.losses.pixel import mean_error, pixel_loss
from srgan.metrics.psnr_ssim import psnr, ssim
from srgan.models.discriminator import Discriminator
from srgan.models.feature_extractor import (
    FeatureExtractor,
    discriminator_features,
)
from srgan.models.pair_checks import check_pair, upscaler_facts
from srgan.models.unet_discriminator import UNetDiscriminator


@keras.saving.register_keras_serializable("srgan")
class GAN(BaseGAN):
    """SRGAN: a generator of SR images, trained against a discriminator.

    Training has stages, each a `fit` after its own `compile`. If the objective
    has no adversarial weight, the generator is trained with the pixel loss
    only, as the paper's SRResNet, or with pixel and perceptual loss, and the
    discriminator is not trained. Otherwise the generator minimizes the
    weighted sum of the objective's terms, and the discriminator its own loss
    on the same SR images.

    Data are pairs of LR and HR images, as the mapping network makes them, RGB
    in 0..255.

    Logs: `loss` is the sum of the next two; `discrim_loss` is the
    discriminator's loss, 0 while it is not trained; `gen_loss` is the
    generator's; `psnr` is in dB on the Y channel without a border of `scale`
    pixels. Only in validation: `ssim` of Wang et al. on the same channel, and
    `perceptual`, the mean over layers of `perceptual_distance`, if the feature
    network is fixed. All are means over the epoch. Validation uses the EMA
    generator.

    Args:
        generator: A `Generator`, or any other SR model, such as a loaded one.
        discriminator: A `Discriminator` or `UNetDiscriminator`.
        features: Feature extractor of the perceptual loss and distance. By
            default the perceptual loss compares features of the discriminator.
            One that is given is not part of files that `save` writes, whose
            model is then to be compiled again.
        mapping: The mapping network of the data; by default bicubic of the
            generator's scale.
        ema_decay: Decay of the EMA of the generator's weights; 0 for none.

    Call arguments:
        lr: float32 tensor of shape `(batch, height, width, 3)`, RGB, 0..255.

    Returns:
        float32 tensor of `scale` times the height and width, made by the
        EMA generator, with fixed noise if it has a noise input.

    Examples:
        >>> from srgan import Generator
        >>> gan = GAN(Generator(2, blocks=1, filters=8), Discriminator(0.1))
        >>> gan.compile("adam", "adam")
        >>> pair = tf.zeros((1, 16, 16, 3)), tf.zeros((1, 32, 32, 3))
        >>> data = tf.data.Dataset.from_tensors(pair)
        >>> history = gan.fit(data, verbose=0, shuffle=False)
        >>> sorted(history.history)
        ['discrim_loss', 'gen_loss', 'loss', 'psnr']

    Reference:
        - [Ledig et al. 2017](https://arxiv.org/abs/1609.04802)
        - [Wang et al. 2018](https://arxiv.org/abs/1809.00219): ESRGAN
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: Discriminator | UNetDiscriminator,
        *,
        features: FeatureExtractor | None = None,
        mapping: MappingNetwork | None = None,
        ema_decay: float = 0.99,
        **kwargs: Any,
    ) -> None:
        scale, noise_channels = upscaler_facts(generator)
        names = ["loss", "discrim_loss", "gen_loss", "psnr", "ssim"]
        measures_distance = features is not None and features.fixed
        if measures_distance:
            names.append("perceptual")
        super().__init__(
            generator,
            discriminator,
            trackers=[
                Tracker(name=name, higher_is_better=name in ("psnr", "ssim"))
                for name in names
            ],
            ema_decay=ema_decay,
            **kwargs,
        )
        self.mapping = mapping or MappingNetwork(scale)
        if self.mapping.scale != scale:
            raise ValueError(
                f"the generator upscales by {scale} and the mapping network "
                f"downscales by {self.mapping.scale}; expected the same"
            )
        self.scale, self.noise_channels = scale, noise_channels
        self.features: Any = features
        self.default_features = features is None
        self.measures_distance = measures_distance

    def compile(
        self,
        g_optimizer: Any,
        d_optimizer: Any,
        *,
        objective: LossConfig | None = None,
        **kwargs: Any,
    ) -> None:
        """Configures a stage.

        Args:
            g_optimizer: Optimizer of the generator, its name or its config.
            d_optimizer: The like of the discriminator.
            objective: The terms of both losses. Defaults to `LossConfig()`.

        Raises:
            ValueError: As in `BaseGAN.compile`, or if the objective has a
                perceptual loss, but neither the model a feature extractor nor
                the discriminator features.
        """
        objective = objective or LossConfig()
        if objective.perceptual_weight and self.features is None:
            self.features = discriminator_features(self.discriminator)
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.objective = objective
        self.stage = "perceptual" if objective.perceptual_weight else "pixel"
        if objective.adversarial:
            self.stage = "adversarial"

    def get_compile_config(self) -> dict[str, Any]:
        config = super().get_compile_config()
        if not config or not self.default_features:
            # Given features are not saved, so the loss cannot be computed.
            return {}
        return {**config, "objective": dataclasses.asdict(self.objective)}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        objective = LossConfig(**config["objective"])
        self.compile(**{**config, "objective": objective})

    def get_config(self) -> dict[str, Any]:
        mapping = keras.saving.serialize_keras_object(self.mapping)
        return {**super().get_config(), "mapping": mapping}

    def unpack(self, data: Any) -> tuple[tf.Tensor, tf.Tensor]:  # type: ignore[override]
        """Returns LR and HR images of a batch as float32.

        Raises:
            ValueError: If they are no pair of images of the scale, or have
                sample weights.
        """
        return check_pair(*super().unpack(data), self.scale)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        lr, hr = self.unpack(data)
        with tf.GradientTape() as tape:
            sr = self.upscale(self.generator, lr, training=True)
            g_loss = self.generator_loss(lr, sr, hr)
            share = collectives.replica_share(g_loss, tf.shape(lr)[0])
        self.apply_gradients_to(
            tape, share, self.generator_variables, self.g_optimizer
        )
        self.update_ema()

        d_loss = tf.constant(0.0)
        if self.objective.adversarial:
            # The discriminator is trained on the same SR images.
            sr = tf.stop_gradient(sr)
            with tf.GradientTape() as tape:
                d_loss = self.discriminator_loss(sr, hr, training=True)
                share = collectives.replica_share(d_loss, tf.shape(lr)[0])
            variables = self.discriminator.trainable_variables
            self.apply_gradients_to(tape, share, variables, self.d_optimizer)
        return self._log_metrics(sr, hr, g_loss, d_loss)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        lr, hr = self.unpack(data)
        sr = self.upscale(self.ema_generator, lr, training=False)
        g_loss = self.generator_loss(lr, sr, hr, training=False)
        d_loss = tf.constant(0.0)
        if self.objective.adversarial:
            d_loss = self.discriminator_loss(sr, hr, training=False)
        more = {"ssim": ssim(sr, hr, self.scale)}
        if self.measures_distance:
            distances = perceptual_distance(self.features, sr, hr).values()
            more["perceptual"] = tf.add_n(list(distances)) / len(distances)
        return self._log_metrics(sr, hr, g_loss, d_loss, **more)

    def call(self, lr: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.upscale(self.ema_generator, lr, training=training)

    def upscale(
        self, generator: keras.Model, lr: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """Runs a generator, with noise if it has a noise input.

        In training the noise is random, else it is always the same.
        """
        lr = tf.cast(lr, tf.float32)
        if not self.noise_channels:
            return generator(lr, training=training)
        shape = (*tf.unstack(tf.shape(lr)[:3]), self.noise_channels)
        seed = self.seeds if training else 0
        noise = keras.random.normal(shape, seed=seed)
        return generator([lr, noise], training=training)

    def generator_loss(
        self,
        lr: tf.Tensor,
        sr: tf.Tensor,
        hr: tf.Tensor,
        training: bool = True,
    ) -> tf.Tensor:
        """Computes the generator's loss; a subclass may add terms.

        Args:
            lr: LR images, shape `(batch, height, width, 3)`, 0..255.
            sr: SR images, of `scale` times the height and width.
            hr: HR images, of the shape of `sr`.
            training: Whether the loss is minimized, or only logged.

        Returns:
            Scalar.
        """
        terms = self.objective
        loss = terms.pixel_weight * pixel_loss(sr, hr, terms.pixel_loss)
        # A graph does not compute what is not used here.
        sr_features, fake = self._features_and_logits(sr)
        hr_features, real = self._features_and_logits(hr)
        if terms.perceptual_weight:
            loss += terms.perceptual_weight * perceptual_loss(
                sr_features, hr_features, terms.perceptual_loss
            )
        if terms.adversarial:
            loss += self._adversarial_weight(training) * tf.reduce_mean(
                losses.generator_loss(fake, real, terms.adversarial_loss)
            )
        if terms.consistency_weight:
            downscaled = self.mapping.downscale(sr)
            loss += terms.consistency_weight * pixel_loss(downscaled, lr)
        if terms.diversity and training:
            other = self.upscale(self.generator, lr, training=True)
            difference = mean_error(sr, other, "l1")
            loss += tf.nn.relu(terms.diversity - difference) / 255.0
        return loss

    def discriminator_loss(
        self, sr: tf.Tensor, hr: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """Computes the discriminator's loss.

        Args:
            sr: SR images, shape `(batch, height, width, 3)`, 0..255.
            hr: HR images, of the same shape.
            training: Whether the loss is minimized, or only logged.

        Returns:
            Scalar.
        """
        terms = self.objective
        # One call: batch normalization then collects its statistics over real
        # and fake images, as it uses them for the generator's loss, and a
        # spectral norm is estimated once.
        both = tf.concat([hr, sr], axis=0)
        real, fake = tf.split(self.discriminator(both, training=training), 2)
        loss = losses.discriminator_loss(
            real, fake, terms.adversarial_loss, terms.label_smoothing
        )
        if terms.r1_weight and training:
            loss += terms.r1_weight * self._r1_penalty(hr)
        return loss

    def _features_and_logits(
        self, images: tf.Tensor
    ) -> tuple[list[tf.Tensor], Any]:
        """Returns the features and logits that the objective uses."""
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

    def _adversarial_weight(self, training: bool) -> tf.Tensor:
        """Returns the adversarial weight of this step, with its warm-up."""
        weight = tf.constant(self.objective.adversarial_weight)
        if not self.objective.adversarial_warmup_steps or not training:
            return weight
        step = tf.cast(self.g_optimizer.iterations, tf.float32)
        return weight * tf.minimum(
            1.0, step / self.objective.adversarial_warmup_steps
        )

    def _r1_penalty(self, hr: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(hr)
            # In inference mode: with batch statistics, the logit of an image
            # would depend on the other images.
            logits = self.discriminator(hr, training=False)
            # The U-Net has a map of logits, of which the mean is taken.
            total = tf.reduce_sum(
                tf.reduce_mean(logits, axis=range(1, len(logits.shape)))
            )
        # The networks scale pixels to -1..1.
        return losses.gradient_penalty(127.5 * tape.gradient(total, hr))

    def _log_metrics(
        self,
        sr: tf.Tensor,
        hr: tf.Tensor,
        g_loss: tf.Tensor,
        d_loss: tf.Tensor,
        **more: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        images = tf.cast(tf.shape(sr)[0], tf.float32)
        values = {"psnr": psnr(sr, hr, self.scale), **more}
        return self.update_metrics(
            loss=(g_loss + d_loss, images),
            discrim_loss=(d_loss, images),
            gen_loss=(g_loss, images),
            **{
                name: (tf.reduce_mean(value), images)
                for name, value in values.items()
            },
        )
