"""What a replica knows of the whole batch, of which it holds a share.

With one replica, which is the whole, all of these give back what they are
given.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# Keeps the seeds of replicas apart.
_PRIME = 1_000_003


def num_replicas() -> int:
    """Gives the number of replicas that step together."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def all_reduce_sum(part: Any) -> Any:
    """Sums over all replicas; the gradient passes."""
    if num_replicas() == 1:
        return part
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, part)


def all_gather(rows: tf.Tensor) -> tf.Tensor:
    """Gives the rows of all replicas, first axis; the gradient passes."""
    if num_replicas() == 1:
        return rows
    return tf.distribute.get_replica_context().all_gather(rows, axis=0)


def replica_share(mean: tf.Tensor, items: Any) -> tf.Tensor:
    """Turns a mean over own items into the share of the mean over all.

    Args:
        mean: Scalar.
        items: Number of them.

    Returns:
        What sums up, over the replicas, to the mean over all their items.
    """
    if num_replicas() == 1:
        return mean
    items = tf.cast(items, tf.float32)
    return mean * items / all_reduce_sum(items)


def mean(values: tf.Tensor) -> tf.Tensor:
    """Averages over all values of all replicas; the gradient passes."""
    if num_replicas() == 1:
        return keras.ops.mean(values)
    items = tf.cast(tf.size(values), tf.float32)
    return all_reduce_sum(tf.reduce_sum(values)) / all_reduce_sum(items)


def replica_seed(seed: tf.Tensor) -> tf.Tensor:
    """Gives each replica a seed of its own.

    Args:
        seed: int32, shape `(2,)`.
    """
    if num_replicas() == 1:
        return seed
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return seed + tf.stack([0, _PRIME * replica])
