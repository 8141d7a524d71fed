"""Puts the networks of a training together as its configuration says."""

from __future__ import annotations

from adversarial.messages import note
from srgan.beginning import begin_as
from srgan.config import Config
from srgan.discriminator import Discriminator
from srgan.gan import GAN
from srgan.generator import Generator
from srgan.loading import load
from srgan.perceptual import make_extractor
from srgan.unet_discriminator import UNetDiscriminator

JUDGES: dict[str, type[Discriminator] | type[UNetDiscriminator]] = {
    "vgg": Discriminator,
    "unet": UNetDiscriminator,
}


def build_gan(config: Config) -> GAN:
    """Builds both networks and what the content loss sees with.

    Raises:
        UserError: If the model to begin as, or the network whose features the
            content loss compares, cannot be had.
    """
    generator = Generator(
        config.scale,
        config.blocks,
        config.filters,
        config.batch_norm,
        config.compact,
        config.noise_channels,
    )
    if config.init:
        begin_as(generator, load(config.init))
    discriminator = JUDGES[config.discriminator](config.discriminator_width)
    features = None
    content = config.adversarial_epochs and config.content_weight
    if content or config.seen_by_another:
        features = make_extractor(
            config.features,
            config.feature_layers,
            discriminator,
            pixel_range=config.feature_range or "caffe",
            before_activation=config.before_activation,
            factor=config.feature_factor,
        )
        if not features.fixed:
            note("the content loss sees with the discriminator, no download")
    return GAN(
        generator,
        discriminator,
        features=features,
        ema_decay=config.ema_decay,
    )
