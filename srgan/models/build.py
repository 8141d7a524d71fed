"""Puts the networks of a training together as its configuration says."""

from __future__ import annotations

import logging
from collections.abc import Callable

import keras

from gancore.errors import UserError
from srgan.config import Config
from srgan.losses.perceptual import FeatureExtractor, build_feature_extractor
from srgan.models.discriminator import Discriminator
from srgan.models.gan import GAN
from srgan.models.generator import Generator
from srgan.models.unet_discriminator import UNetDiscriminator
from srgan.models.warm_start import warm_start

logger = logging.getLogger(__name__)

DISCRIMINATORS: dict[str, type[Discriminator] | type[UNetDiscriminator]] = {
    "vgg": Discriminator,
    "unet": UNetDiscriminator,
}


def build_gan(
    config: Config, load: Callable[[str], keras.Model] | None = None
) -> GAN:
    """Builds both networks and the feature extractor.

    Args:
        config: The configuration of the training.
        load: Loads the model of `--init_from`, such as `srgan.load`.

    Raises:
        UserError: If the model to warm-start from, or the network whose
            features are compared, cannot be loaded.
        ValueError: If a model has to be loaded and `load` is missing.
    """
    generator = Generator(
        config.scale,
        config.blocks,
        config.filters,
        config.batch_norm,
        config.compact,
        config.noise_channels,
    )
    if config.init_from:
        if load is None:
            raise ValueError("build_gan needs load for init_from")
        warm_start(generator, load(config.init_from))
    discriminator = DISCRIMINATORS[config.discriminator](
        config.discriminator_width
    )
    return GAN(
        generator,
        discriminator,
        features=_features(config, discriminator),
        ema_decay=config.ema_decay,
    )


def _features(
    config: Config, discriminator: keras.Model
) -> FeatureExtractor | None:
    """Makes what the content loss and the perceptual distance see with."""
    content = config.adversarial_epochs and config.losses.perceptual_weight
    if not config.uses_fixed_features:
        if not content:
            return None
        logger.info("the content loss sees with the discriminator, no download")
    try:
        return build_feature_extractor(
            config.features,
            config.feature_layers,
            discriminator,
            preprocessing=config.feature_preprocessing or "caffe",
            pre_activation=config.pre_activation,
            factor=config.feature_scale,
        )
    except UserError as error:
        if content or config.monitor == "perceptual":
            raise
        logger.warning(f"no perceptual distance is told: {error}")
        return None
