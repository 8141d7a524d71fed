"""`tf.data` batches of texts of similar length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from textgan.data.vocabulary import SPECIAL, UNKNOWN, Vocabulary

# Texts are sorted by length within pools of this many batches: large enough to
# save most padding, small enough that batches differ between epochs.
_POOL = 8


def count_batches(texts: Sequence[Any], batch_size: int) -> int:
    """Returns the number of batches; the last one may be smaller."""
    return math.ceil(len(texts) / batch_size)


def make_batches(
    texts: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    batch_size: int,
    *,
    shuffle_seed: int | None = None,
    unk_dropout: float = 0.0,
) -> tf.data.Dataset:
    """Builds the batches that `GAN` trains on.

    Args:
        texts: Tokenised texts, at least one.
        vocabulary: Maps tokens to ids.
        batch_size: Texts per batch; the last batch may be smaller.
        shuffle_seed: Seeds a shuffle per epoch; `None` sorts by length.
        unk_dropout: In each epoch a word that occurs `c` times is replaced by
            `<unk>` with probability `rate / (rate + c)`, so that `<unk>` is
            learned in context (Kiperwasser and Goldberg 2016). Needs a
            `shuffle_seed`.

    Returns:
        Dataset of int32 tensors of shape `(batch, length)`: `START`, the
        words, `END`, then padding with 0 up to the batch's longest text.
    """
    rows = [vocabulary.row(tokens) for tokens in texts]
    # Much faster than `tf.ragged.constant` of nested lists.
    ragged = tf.RaggedTensor.from_row_lengths(
        np.concatenate(rows).astype("int32"), [len(row) for row in rows]
    )
    lengths = tf.cast(ragged.row_lengths(), tf.float32)
    order = tf.data.Dataset.range(len(rows))
    if shuffle_seed is not None:
        order = order.shuffle(len(rows), seed=shuffle_seed)

    def sort_by_length(pool: tf.Tensor) -> tf.Tensor:
        return tf.gather(
            pool, tf.argsort(tf.gather(lengths, pool), stable=True)
        )

    pool = _POOL if shuffle_seed is not None else len(rows)
    order = order.batch(pool * batch_size).map(sort_by_length)
    batches = order.unbatch().batch(batch_size)
    if shuffle_seed is not None:
        batches = batches.shuffle(_POOL, seed=shuffle_seed)
    batches = batches.map(
        lambda rows: tf.gather(ragged, rows).to_tensor(),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    if unk_dropout:
        rates = _dropout_rates(rows, len(vocabulary), unk_dropout)
        batches = _drop_words(batches, rates, shuffle_seed)
    return batches.apply(
        tf.data.experimental.assert_cardinality(
            count_batches(texts, batch_size)
        )
    ).prefetch(tf.data.AUTOTUNE)


def _dropout_rates(
    rows: Sequence[Sequence[int]], size: int, rate: float
) -> np.ndarray:
    """Computes the probability of each word to become `UNKNOWN`."""
    counts = np.bincount(np.concatenate(rows), minlength=size)
    rates = rate / (rate + np.maximum(counts, 1))
    rates[: len(SPECIAL)] = 0.0
    return rates.astype("float32")


def _drop_words(
    batches: tf.data.Dataset, rates: np.ndarray, seed: int | None
) -> tf.data.Dataset:
    def drop(ids: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        drawn = tf.random.stateless_uniform(tf.shape(ids), seed)
        return tf.where(drawn < tf.gather(rates, ids), UNKNOWN, ids)

    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(batches, seeds.batch(2)).map(drop)
