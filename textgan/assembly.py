"""Puts the networks of a training together as its configuration says."""

from __future__ import annotations

from textgan.beginning import begin_generator
from textgan.config import Config
from textgan.discriminator import Discriminator
from textgan.gan import GAN
from textgan.phrases import Encoder
from textgan.recurrent_discriminator import RecurrentDiscriminator
from textgan.vocabulary import Vocabulary


def build_gan(config: Config, vocabulary: Vocabulary) -> GAN:
    """Builds the networks of a training.

    Raises:
        UserError: If they cannot begin as the configuration says.
    """
    generator = begin_generator(config, vocabulary)
    size = len(vocabulary)
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
