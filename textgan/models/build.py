"""Puts the networks of a training together as its configuration says."""

from __future__ import annotations

from textgan.config import Config
from textgan.models.discriminator import Discriminator
from textgan.models.encoder import Encoder
from textgan.models.gan import GAN
from textgan.models.generator import Generator
from textgan.models.recurrent_discriminator import RecurrentDiscriminator


def build_gan(config: Config, generator: Generator) -> GAN:
    """Builds the networks of a training around its generator.

    Args:
        config: Says which networks, and of which sizes.
        generator: What `textgan.commands.warm_start.initialize_generator` gives.
    """
    size = generator.vocabulary_size
    phrases = (
        config.discriminator_embedding_dim,
        config.discriminator_kernel_sizes,
        config.discriminator_filters,
    )
    discriminator: Discriminator | RecurrentDiscriminator
    if config.adversarial_loss == "reinforce":
        discriminator = RecurrentDiscriminator(
            size,
            config.discriminator_embedding_dim,
            config.discriminator_filters,
        )
    else:
        discriminator = Discriminator(
            size, *phrases, latent_dim=config.latent_dim
        )
    encoder = None
    if config.latent_dim:
        encoder = Encoder(size, config.latent_dim, *phrases)
    return GAN(generator, discriminator, encoder, ema_decay=config.ema_decay)
