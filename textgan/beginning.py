"""What a generator and its vocabulary are before the first step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adversarial.messages import UserError, note
from textgan.config import Config
from textgan.generator import Generator
from textgan.loading import load
from textgan.pretrained import set_vectors
from textgan.vocabulary import UNKNOWN, Vocabulary


def begin_vocabulary(
    config: Config, texts: Sequence[Sequence[str]]
) -> Vocabulary:
    """Takes the vocabulary of `--init`, or collects one.

    Raises:
        UserError: If `--init` splits texts in another way, or no word of the
            texts is frequent enough.
    """
    if not config.init:
        return Vocabulary.build(
            texts, config.vocabulary_size, config.min_count, config.level
        )
    vocabulary = load(config.init).vocabulary
    if vocabulary.level != config.level:
        raise UserError(f"{config.init} is of --level {vocabulary.level}")
    ids = [i for text in texts for i in vocabulary.encode(text)]
    unknown = ids.count(UNKNOWN) / len(ids)
    note(f"{100 * unknown:.1f} % of the words are new to {config.init}")
    if unknown > 0.5:
        raise UserError(f"{config.init} knows too few of the words to go on")
    return vocabulary


def begin_generator(config: Config, vocabulary: Vocabulary) -> Generator:
    """Makes the generator: new, with word vectors of a file, or another's.

    Raises:
        UserError: If `--init` has other sizes, or the file of vectors cannot
            be used.
    """
    generator = Generator(
        len(vocabulary),
        config.embedding_dim,
        config.units,
        config.dropout,
        config.latent_dim,
    )
    if config.embeddings:
        set_vectors(generator.embedding, Path(config.embeddings), vocabulary)
    if config.init:
        other = load(config.init).generator
        sizes = ("embedding_dim", "units", "latent_dim")
        if any(getattr(other, s) != getattr(generator, s) for s in sizes):
            flags = " ".join(f"--{s} {getattr(other, s)}" for s in sizes)
            raise UserError(f"{config.init} has other sizes; give {flags}")
        generator.set_weights(other.get_weights())
    generator.embedding.trainable = config.tune_embeddings
    return generator
