"""How likely a generator takes texts, and by what states it reads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from textgan.data.normalize import normalize
from textgan.data.token_levels import LEVELS
from textgan.data.vocabulary import PAD, UNKNOWN, Vocabulary
from textgan.models.generator import Generator

_BATCH = 128


@dataclasses.dataclass(frozen=True)
class Perplexity:
    """How likely validation texts are; the end of a text counts as a word.

    Attributes:
        nats: Negative log-likelihood per word, padding never counted.
        known_nats: The same of the words that are in the vocabulary.
        unknown: Share of those that are not, 0..1.
    """

    nats: float
    known_nats: float
    unknown: float

    @property
    def perplexity(self) -> float:
        """The exponential of `nats`."""
        return float(np.exp(self.nats))


def rows_of(vocabulary: Vocabulary, texts: Sequence[str]) -> list[list[int]]:
    """Gives the ids of texts as a person writes them, marks included."""
    split = LEVELS[vocabulary.level].split
    return [vocabulary.row(split(normalize(text))) for text in texts]


def summarise(nll: np.ndarray, rows: Sequence[Sequence[int]]) -> Perplexity:
    """Averages nats per word.

    Args:
        nll: A number for each word after a `START`, text after text.
        rows: Those texts.
    """
    words = np.concatenate([row[1:] for row in rows])
    known = words != UNKNOWN
    return Perplexity(
        nats=float(nll.mean()),
        known_nats=float(nll[known].mean()) if known.any() else float("nan"),
        unknown=float(1.0 - known.mean()),
    )


def token_nll(
    generator: Generator, rows: Sequence[Sequence[int]]
) -> np.ndarray:
    """Gives the negative log-likelihood of each word, in nats.

    Args:
        generator: One without a latent code.
        rows: Texts as ids, each from `START` to `END`.

    Returns:
        A number for each word after a `START`, text after text.
    """

    @tf.function(reduce_retracing=True)
    def measure(ids: tf.Tensor) -> tf.Tensor:
        logits = generator(ids[:, :-1], training=False)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(
            ids[:, 1:], tf.cast(logits, tf.float32)
        )

    found: list[np.ndarray] = [np.empty(0)] * len(rows)
    for indices, ids in _batches(rows):
        nll = measure(ids).numpy()
        for i, values in zip(indices, nll, strict=True):
            found[i] = values[: len(rows[i]) - 1]
    return np.concatenate(found)


def mean_states(
    generator: Generator, rows: Sequence[Sequence[int]]
) -> np.ndarray:
    """Gives the mean of the LSTM's hidden states over each text.

    Args:
        generator: One without a latent code.
        rows: Texts as ids, each from `START` to `END`.

    Returns:
        Shape `(texts, units)`.
    """

    @tf.function(reduce_retracing=True)
    def read(ids: tf.Tensor) -> tf.Tensor:
        states = generator.lstm(generator.embedding(ids))
        real = tf.cast(ids != PAD, states.dtype)[..., None]
        return tf.reduce_sum(states * real, 1) / tf.reduce_sum(real, 1)

    found = np.empty((len(rows), generator.units))
    for indices, ids in _batches(rows):
        found[indices] = read(ids).numpy()
    return found


def _batches(
    rows: Sequence[Sequence[int]],
) -> Iterator[tuple[np.ndarray, tf.Tensor]]:
    """Gives texts of one length together, with their indices."""
    order = np.argsort([len(row) for row in rows], kind="stable")
    for start in range(0, len(rows), _BATCH):
        indices = order[start : start + _BATCH]
        batch = tf.ragged.constant([rows[i] for i in indices], dtype=tf.int32)
        yield indices, batch.to_tensor(PAD)
