"""Ids to `tf.data` batches of texts of similar length."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from textgan.vocabulary import END, START, Vocabulary

# Texts are sorted by length within pools of this many batches: wide enough to
# save most padding, narrow enough that batches differ from epoch to epoch.
_POOL = 8


def count_batches(texts: Sequence, batch_size: int) -> int:
    """Gives the number of batches, the last of which may be smaller."""
    return math.ceil(len(texts) / batch_size)


def make_batches(
    texts: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    batch_size: int,
    *,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Makes the batches `GAN` trains on.

    Args:
        texts: Tokenised texts, at least one.
        vocabulary: Gives the ids.
        batch_size: Texts per batch; the last batch holds what is left.
        shuffle_seed: Shuffles anew each epoch; `None` keeps the order of
            length.

    Returns:
        Dataset of int32 tensors of shape `(batch, length)`: `START`, the
        words, `END`, then padding with 0 up to the batch's longest text.
    """
    rows = [[START, *vocabulary.encode(tokens), END] for tokens in texts]
    ragged = tf.ragged.constant(rows, dtype=tf.int32)
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
    return batches.apply(
        tf.data.experimental.assert_cardinality(
            count_batches(texts, batch_size)
        )
    ).prefetch(tf.data.AUTOTUNE)
