"""Ids to `tf.data` batches of texts of similar length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from textgan.data.vocabulary import SPECIAL, UNKNOWN, Vocabulary

# Texts are sorted by length within pools of this many batches: wide enough to
# save most padding, narrow enough that batches differ from epoch to epoch.
_POOL = 8


def count_batches(texts: Sequence[Any], batch_size: int) -> int:
    """Gives the number of batches, the last of which may be smaller."""
    return math.ceil(len(texts) / batch_size)


def make_batches(
    texts: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    batch_size: int,
    *,
    shuffle_seed: int | None = None,
    unk_dropout: float = 0.0,
) -> tf.data.Dataset:
    """Makes the batches `GAN` trains on.

    Args:
        texts: Tokenised texts, at least one.
        vocabulary: Gives the ids.
        batch_size: Texts per batch; the last batch holds what is left.
        shuffle_seed: Shuffles anew each epoch; `None` keeps the order of
            length.
        unk_dropout: Each time it is read, a word that the texts hold `c`
            times turns to `<unk>` with probability `rate / (rate + c)`, so
            that a generator learns where a word it does not know may stand
            (Kiperwasser and Goldberg 2016). It takes a `shuffle_seed`.

    Returns:
        Dataset of int32 tensors of shape `(batch, length)`: `START`, the
        words, `END`, then padding with 0 up to the batch's longest text.
    """
    rows = [vocabulary.row(tokens) for tokens in texts]
    # Of nested lists TensorFlow would look at each number.
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
        shares = _forgotten_shares(rows, len(vocabulary), unk_dropout)
        batches = _forget(batches, shares, shuffle_seed)
    return batches.apply(
        tf.data.experimental.assert_cardinality(
            count_batches(texts, batch_size)
        )
    ).prefetch(tf.data.AUTOTUNE)


def _forgotten_shares(
    rows: Sequence[Sequence[int]], size: int, rate: float
) -> np.ndarray:
    """Gives the probability of each word to turn to `UNKNOWN`."""
    counts = np.bincount(np.concatenate(rows), minlength=size)
    shares = rate / (rate + np.maximum(counts, 1))
    shares[: len(SPECIAL)] = 0.0
    return shares.astype("float32")


def _forget(
    batches: tf.data.Dataset, shares: np.ndarray, seed: int | None
) -> tf.data.Dataset:
    def forget(ids: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        drawn = tf.random.stateless_uniform(tf.shape(ids), seed)
        return tf.where(drawn < tf.gather(shares, ids), UNKNOWN, ids)

    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip(batches, seeds.batch(2)).map(forget)
