"""The generator before the first step: new, or warm-started from a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gancore.callbacks.best_model import BestWeights
from gancore.distribute.datasets import distributed_validation
from gancore.errors import UserError
from textgan.config import Config
from textgan.data.vocabulary import UNKNOWN, Vocabulary
from textgan.data.word_vectors import load_word_vectors
from textgan.inference.load import load
from textgan.models.gan import GAN
from textgan.models.generator import Generator

logger = logging.getLogger(__name__)


def initialize_generator(
    config: Config, texts: Sequence[Sequence[str]]
) -> tuple[Generator, Vocabulary]:
    """Builds the generator and its vocabulary.

    With `--init_from` both are those of another model; with `--embeddings`
    the word vectors of a file replace the random ones.

    Args:
        config: The run's configuration.
        texts: Tokenized training texts, from which a new vocabulary is built.

    Returns:
        The generator and its vocabulary.

    Raises:
        UserError: If the model of `--init_from` has another token level or
            other sizes or lacks too many words of the texts, if the file of
            word vectors cannot be used, or if no word is frequent enough.
    """
    tie_weights = True
    if config.init_from:
        source = load(config.init_from)
        _check_vocabulary(config, source.vocabulary, texts)
        vocabulary = source.vocabulary
        tie_weights = source.generator.tie_weights
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
        tie_weights,
    )
    if config.embeddings:
        load_word_vectors(
            generator.embedding, Path(config.embeddings), vocabulary
        )
    if config.init_from:
        _copy_weights(config, source.generator, generator)
    generator.embedding.trainable = config.train_embeddings
    return generator, vocabulary


def evaluate(gan: GAN, best: BestWeights, strategy: Any, valid: Any) -> None:
    """Evaluates the warm-started generator, which may stay the best model.

    Args:
        gan: Compiled; no step was trained yet.
        best: Takes the scores as those of epoch 0, stage `init`.
        strategy: Strategy of the training.
        valid: Validation batches.
    """
    best.stage = "init"
    data = distributed_validation(strategy, valid)
    scores = gan.evaluate(
        data["validation_data"],
        steps=data.get("validation_steps"),
        verbose=0,
        return_dict=True,
    )
    best.update(0, {f"val_{key}": value for key, value in scores.items()})


def _check_vocabulary(
    config: Config, vocabulary: Vocabulary, texts: Sequence[Sequence[str]]
) -> None:
    if vocabulary.level != config.token_level:
        raise UserError(
            f"{config.init_from} is of --token_level {vocabulary.level}"
        )
    ids = [i for text in texts for i in vocabulary.encode(text)]
    unknown = ids.count(UNKNOWN) / len(ids)
    logger.info(
        f"using the vocabulary of {config.init_from}, {len(vocabulary)} "
        "words, whatever the flags of the vocabulary; "
        f"{100 * unknown:.1f} % of the tokens are not in it"
    )
    if unknown > 0.5:
        raise UserError(
            f"the vocabulary of {config.init_from} lacks too many words of "
            "the training texts; train from scratch, without --init_from"
        )


def _copy_weights(config: Config, source: Generator, target: Generator) -> None:
    sizes = ("embedding_dim", "units", "latent_dim")
    if any(getattr(source, s) != getattr(target, s) for s in sizes):
        flags = " ".join(f"--{s} {getattr(source, s)}" for s in sizes)
        raise UserError(f"{config.init_from} has other sizes; give {flags}")
    target.set_weights(source.get_weights())
