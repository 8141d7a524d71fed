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
        generator: What `textgan.commands.warm_start.begin` gives.
    """
    size = generator.vocabulary_size
    phrases = (
        config.judge_embedding_dim,
        config.judge_widths,
        config.judge_filters,
    )
    judge: Discriminator | RecurrentDiscriminator
    if config.signal == "reinforce":
        judge = RecurrentDiscriminator(
            size, config.judge_embedding_dim, config.judge_filters
        )
    else:
        judge = Discriminator(size, *phrases, latent_dim=config.latent_dim)
    encoder = None
    if config.latent_dim:
        encoder = Encoder(size, config.latent_dim, *phrases)
    return GAN(generator, judge, encoder, ema_decay=config.ema_decay)
