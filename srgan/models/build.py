"""Builds the GAN of a training configuration."""

from __future__ import annotations

import logging
from collections.abc import Callable

import keras

from gancore.errors import UserError
from srgan.config import Config
from srgan.data.mapping_network import MappingNetwork
from srgan.models.discriminator import Discriminator
from srgan.models.feature_extractor import (
    FeatureExtractor,
    build_feature_extractor,
)
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
    config: Config,
    load: Callable[[str], keras.Model] | None = None,
    *,
    mapping: MappingNetwork | None = None,
) -> GAN:
    """Builds generator, discriminator and feature extractor.

    Args:
        config: The configuration of the training.
        load: Loads the network of `--init_from`, such as `srgan.load`. It is
            called after the generator is built: the order of random
            initializers decides their values.
        mapping: The mapping network of the data, as for `GAN`.

    Raises:
        UserError: If the network to warm-start from, or the feature network,
            cannot be loaded or does not fit.
        ValueError: If the configuration has `init_from` and `load` is missing.
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
        features=_feature_extractor(config, discriminator),
        mapping=mapping,
        ema_decay=config.ema_decay,
    )


def _feature_extractor(
    config: Config, discriminator: keras.Model
) -> FeatureExtractor | None:
    """Builds the feature extractor of perceptual loss and distance."""
    needed = config.adversarial_epochs and config.losses.perceptual_weight
    if not config.uses_fixed_features:
        if not needed:
            return None
        logger.info(
            "the perceptual loss uses features of the discriminator; nothing "
            "is downloaded"
        )
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
        if needed or config.monitor == "perceptual":
            raise
        logger.warning(f"the perceptual distance is not logged: {error}")
        return None
