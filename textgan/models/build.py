"""Builds the networks of a training from its configuration."""

from __future__ import annotations

from textgan.config import Config
from textgan.models.discriminator import Discriminator
from textgan.models.encoder import Encoder
from textgan.models.gan import GAN
from textgan.models.generator import Generator
from textgan.models.recurrent_discriminator import RecurrentDiscriminator


def build_gan(config: Config, generator: Generator) -> GAN:
    """Builds the `GAN` of a training around its generator.

    Args:
        config: Kind and sizes of the networks.
        generator: Initialized or warm-started generator.
    """
    size = generator.vocabulary_size
    convolutions = (
        config.discriminator_embedding_dim,
        config.discriminator_kernel_sizes,
        config.discriminator_filters,
    )
    discriminator: Discriminator | RecurrentDiscriminator
    if config.losses.adversarial_loss == "reinforce":
        discriminator = RecurrentDiscriminator(
            size,
            config.discriminator_embedding_dim,
            config.discriminator_filters,
        )
    else:
        discriminator = Discriminator(
            size, *convolutions, latent_dim=config.latent_dim
        )
    encoder = None
    if config.latent_dim:
        encoder = Encoder(size, config.latent_dim, *convolutions)
    return GAN(generator, discriminator, encoder, ema_decay=config.ema_decay)
