"""Perplexity of a generator on given texts, and its hidden states on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from textgan.data.normalize import normalize
from textgan.data.token_levels import LEVELS
from textgan.data.vocabulary import PAD, UNKNOWN, Vocabulary
from textgan.models.generator import Generator

_BATCH_SIZE = 128


@dataclasses.dataclass(frozen=True)
class Perplexity:
    """Likelihood of texts per token; the end token counts, padding does not.

    Attributes:
        nats: Mean negative log-likelihood of a token, in nats.
        known_nats: The same over the tokens that are in the vocabulary.
        unknown: Fraction of the tokens that are not, in [0, 1].
    """

    nats: float
    known_nats: float
    unknown: float

    @classmethod
    def from_nll(
        cls, nll: np.ndarray, rows: Sequence[Sequence[int]]
    ) -> Perplexity:
        """Averages the negative log-likelihoods of tokens.

        Args:
            nll: One number per token after a `START`, in nats, text after
                text.
            rows: Ids of those texts, each from `START` to `END`.
        """
        ids = np.concatenate([row[1:] for row in rows])
        known = ids != UNKNOWN
        return cls(
            nats=float(nll.mean()),
            known_nats=float(nll[known].mean()) if known.any() else np.nan,
            unknown=float(1.0 - known.mean()),
        )

    @property
    def perplexity(self) -> float:
        """The exponential of `nats`."""
        return float(np.exp(self.nats))


def encode_texts(
    vocabulary: Vocabulary, texts: Sequence[str]
) -> list[list[int]]:
    """Converts texts to rows of ids, each from `START` to `END`."""
    split = LEVELS[vocabulary.level].split
    return [vocabulary.row(split(normalize(text))) for text in texts]


def token_nll(
    generator: Generator, rows: Sequence[Sequence[int]]
) -> np.ndarray:
    """Computes the negative log-likelihood of each token, in nats.

    Args:
        generator: A generator without a latent code.
        rows: Ids of texts, each from `START` to `END`.

    Returns:
        One number per token after a `START`, text after text.
    """

    @tf.function(reduce_retracing=True)
    def nll(ids: tf.Tensor) -> tf.Tensor:
        logits = generator(ids[:, :-1], training=False)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(
            ids[:, 1:], tf.cast(logits, tf.float32)
        )

    found: list[np.ndarray] = [np.empty(0)] * len(rows)
    for indices, ids in _batches(rows):
        for i, values in zip(indices, nll(ids).numpy(), strict=True):
            found[i] = values[: len(rows[i]) - 1]
    return np.concatenate(found)


def mean_states(
    generator: Generator, rows: Sequence[Sequence[int]]
) -> np.ndarray:
    """Computes the mean of the LSTM's hidden states over each text.

    Args:
        generator: A generator without a latent code.
        rows: Ids of texts, each from `START` to `END`.

    Returns:
        Features of shape `(texts, units)`.
    """

    @tf.function(reduce_retracing=True)
    def mean(ids: tf.Tensor) -> tf.Tensor:
        states = generator.lstm(generator.embedding(ids))
        mask = tf.cast(ids != PAD, states.dtype)[..., None]
        return tf.reduce_sum(states * mask, 1) / tf.reduce_sum(mask, 1)

    found = np.empty((len(rows), generator.units))
    for indices, ids in _batches(rows):
        found[indices] = mean(ids).numpy()
    return found


def _batches(
    rows: Sequence[Sequence[int]],
) -> Iterator[tuple[np.ndarray, tf.Tensor]]:
    """Yields batches of texts of similar length, with their indices."""
    order = np.argsort([len(row) for row in rows], kind="stable")
    for start in range(0, len(rows), _BATCH_SIZE):
        indices = order[start : start + _BATCH_SIZE]
        batch = tf.ragged.constant([rows[i] for i in indices], dtype=tf.int32)
        yield indices, batch.to_tensor(PAD)
