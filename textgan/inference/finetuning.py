"""What `TextGenerator.fit` needs: raw texts to batches, and the loss."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from textgan.data.dataset import make_batches
from textgan.data.normalize import normalize
from textgan.data.read_report import read_all
from textgan.data.token_levels import LEVELS
from textgan.data.vocabulary import UNKNOWN, Vocabulary
from textgan.losses.likelihood import sequence_nll

logger = logging.getLogger(__name__)

# Strings, a dataset of strings, or the path of a file of texts.
Texts: TypeAlias = Iterable[Any] | str | Path
# Share of unknown tokens from which texts are of another vocabulary.
_MOST_UNKNOWN = 0.5


def text_nll(targets: Any, logits: Any) -> Any:
    """Computes the mean nats per token of a batch; padding is masked.

    Args:
        targets: Next tokens, int, shape `(batch, length)`.
        logits: Shape `(batch, length, vocabulary_size)`.

    Returns:
        Scalar.
    """
    nll, tokens = sequence_nll(logits, targets)
    return keras.ops.sum(nll) / keras.ops.sum(tokens)


def perplexity(targets: Any, logits: Any) -> Any:
    """Computes the perplexity per token of a batch, as `text_nll`."""
    return keras.ops.exp(text_nll(targets, logits))


def batches_of(
    texts: Texts,
    validation_data: Texts | None,
    vocabulary: Vocabulary,
    *,
    batch_size: int,
    validation_split: float,
    seed: int,
    longest: int,
) -> tuple[tf.data.Dataset, tf.data.Dataset | None]:
    """Builds training and validation batches of raw texts.

    Args:
        texts: The texts.
        validation_data: Texts to validate on, if they are separate.
        vocabulary: Maps their tokens to ids.
        batch_size: Texts per batch.
        validation_split: Share of the texts, the last ones, to validate on.
        seed: Seeds the order of the training texts.
        longest: Length of the longest texts in tokens; others are left out.

    Returns:
        Two datasets of inputs and targets, ids of shape `(batch, length)`;
        the second is `None` without validation.

    Raises:
        ValueError: If an argument is out of its range, there are too few
            texts, or most words are unknown.
    """
    if not 0 <= validation_split < 1:
        raise ValueError(
            f"validation_split is {validation_split}, not in [0, 1)"
        )
    train = _tokenize(texts, vocabulary, longest)
    valid: list[list[str]] = []
    if validation_data is not None:
        valid = _tokenize(validation_data, vocabulary, longest)
    elif validation_split:
        first = int(len(train) * (1 - validation_split))
        train, valid = train[:first], train[first:]
    if not train:
        raise ValueError("no text is left to train on; expected at least one")
    pairs = [
        make_batches(rows, vocabulary, batch_size, shuffle_seed=shuffled).map(
            lambda ids: (ids[:, :-1], ids[:, 1:])
        )
        for rows, shuffled in ((train, seed), (valid, None))
        if rows
    ]
    return pairs[0], pairs[1] if valid else None


def _tokenize(
    texts: Texts, vocabulary: Vocabulary, longest: int
) -> list[list[str]]:
    """Tokenizes texts; logs what is dropped and how much is unknown."""
    level = LEVELS[vocabulary.level]
    raw = list(_read(texts))
    rows = [level.split(normalize(text)) for text in raw]
    kept = [row for row in rows if 0 < len(row) <= longest]
    if len(kept) < len(rows):
        logger.warning(
            f"left out {len(rows) - len(kept)} of {len(rows)} texts, which are "
            f"blank or longer than {longest} tokens"
        )
    ids = np.array([i for row in kept for i in vocabulary.encode(row)])
    if not len(ids):
        raise ValueError(
            f"there is no text to train on in {len(rows)}; expected at least "
            "one that is not blank"
        )
    unknown = float(np.mean(ids == UNKNOWN))
    if unknown > _MOST_UNKNOWN:
        raise ValueError(
            f"{unknown:.0%} of the tokens are not among the {len(vocabulary)} "
            "of the vocabulary; expected texts like those of the training, or "
            "train a new generator with train_textgan.py"
        )
    if unknown:
        logger.warning(
            f"{unknown:.1%} of the tokens are not in the vocabulary and are "
            "trained as <unk>"
        )
    return kept


def _read(texts: Texts) -> Iterable[str]:
    if isinstance(texts, str | Path):
        path = Path(texts)
        if not path.exists():
            raise ValueError(
                f"texts is {str(texts)[:80]!r}, which is no file; expected a "
                "list of strings, a tf.data.Dataset or a file of texts"
            )
        yield from read_all(path)
        return
    for element in texts:
        found: list[Any] = np.ravel(np.asarray(element)).tolist()
        for value in found:
            text = value.decode() if isinstance(value, bytes) else value
            if not isinstance(text, str):
                raise ValueError(
                    f"a text is {text!r}; expected a string, without a label"
                )
            yield text
