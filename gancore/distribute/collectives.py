"""Collective operations over replicas, each of which holds part of a batch.

With one replica every function returns its argument, or the plain result.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# Offset between the seeds of replicas.
_SEED_STRIDE = 1_000_003


def num_replicas() -> int:
    """Returns the number of replicas that step together."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def all_reduce_sum(values: Any) -> Any:
    """Sums a structure of tensors over all replicas; differentiable."""
    if num_replicas() == 1:
        return values
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values)


def all_gather(rows: tf.Tensor) -> tf.Tensor:
    """Concatenates rows of all replicas along axis 0; differentiable."""
    if num_replicas() == 1:
        return rows
    return tf.distribute.get_replica_context().all_gather(rows, axis=0)


def replica_share(mean: tf.Tensor, count: Any) -> tf.Tensor:
    """Scales a mean over this replica's examples to its share of the total.

    Args:
        mean: Scalar.
        count: Number of this replica's examples.

    Returns:
        Scalar; its sum over replicas is the mean over all their examples.
    """
    if num_replicas() == 1:
        return mean
    count = tf.cast(count, tf.float32)
    return mean * count / all_reduce_sum(count)


def all_reduce_mean(values: tf.Tensor) -> tf.Tensor:
    """Averages all values of all replicas into a scalar; differentiable."""
    if num_replicas() == 1:
        return keras.ops.mean(values)
    count = tf.cast(tf.size(values), tf.float32)
    return all_reduce_sum(tf.reduce_sum(values)) / all_reduce_sum(count)


def replica_seed(seed: tf.Tensor) -> tf.Tensor:
    """Returns a different seed for each replica.

    Args:
        seed: int32, shape `(2,)`.
    """
    if num_replicas() == 1:
        return seed
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return seed + tf.stack([0, _SEED_STRIDE * replica])
