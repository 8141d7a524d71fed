"""What a generator and its vocabulary are before the first step."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from gancore.errors import UserError
from textgan.config import Config
from textgan.data.vocabulary import UNKNOWN, Vocabulary
from textgan.data.word_vectors import load_word_vectors
from textgan.inference.load import load
from textgan.models.generator import Generator

logger = logging.getLogger(__name__)


def initialize_generator(
    config: Config, texts: Sequence[Sequence[str]]
) -> tuple[Generator, Vocabulary]:
    """Makes the generator: new, with word vectors of a file, or as `--init_from`.

    Args:
        config: Says how to begin.
        texts: Tokenised texts to train on, which give the words of a new one.

    Returns:
        The generator and its vocabulary.

    Raises:
        UserError: If `--init_from` splits texts in another way, knows too few of
            their words or has other sizes, or the file of vectors cannot be
            used, or no word of the texts is frequent enough.
    """
    if config.init_from:
        other = load(config.init_from)
        _check_words(config, other.vocabulary, texts)
        vocabulary = other.vocabulary
    else:
        vocabulary = Vocabulary.build(
            texts, config.vocabulary_size, config.min_count, config.token_level
        )
    generator = Generator(
        len(vocabulary),
        config.embedding_dim,
        config.units,
        config.dropout,
        config.latent_dim,
    )
    if config.embeddings:
        load_word_vectors(
            generator.embedding, Path(config.embeddings), vocabulary
        )
    if config.init_from:
        _copy_weights(config, other.generator, generator)
    generator.embedding.trainable = config.train_embeddings
    return generator, vocabulary


def _check_words(
    config: Config, vocabulary: Vocabulary, texts: Sequence[Sequence[str]]
) -> None:
    if vocabulary.level != config.token_level:
        raise UserError(
            f"{config.init_from} is of --token_level {vocabulary.level}"
        )
    ids = [i for text in texts for i in vocabulary.encode(text)]
    unknown = ids.count(UNKNOWN) / len(ids)
    logger.info(
        f"the vocabulary is that of {config.init_from}, {len(vocabulary)} words, "
        f"whatever other flags say; {100 * unknown:.1f} % of the texts' words "
        "are new to it"
    )
    if unknown > 0.5:
        raise UserError(
            f"{config.init_from} knows too few of the words to go on"
        )


def _copy_weights(config: Config, source: Generator, target: Generator) -> None:
    sizes = ("embedding_dim", "units", "latent_dim")
    if any(getattr(source, s) != getattr(target, s) for s in sizes):
        flags = " ".join(f"--{s} {getattr(source, s)}" for s in sizes)
        raise UserError(f"{config.init_from} has other sizes; give {flags}")
    target.set_weights(source.get_weights())
