"""Global batches, and the shard of each that a replica reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gancore.distribute.strategy import Strategy
from gancore.errors import UserError


def distributed_data(
    strategy: Strategy,
    train: Callable[[], tf.data.Dataset],
    valid: tf.data.Dataset | None,
    initial_epoch: int = 0,
    initial_step: int = 0,
) -> dict[str, Any]:
    """Shards training and validation batches over replicas, in order.

    Args:
        strategy: Strategy made by `make_strategy`.
        train: Makes the global batches of an epoch, equal in each process and
            of known cardinality. Their order may change with each iteration,
            but has to be the same sequence of orders for each dataset made.
        valid: Validation batches, if any.
        initial_epoch: Number of epochs to skip, when training resumes.
        initial_step: Number of batches of the next epoch to skip as well;
            that epoch then has fewer steps.

    Returns:
        Data arguments of `fit`: `x`, `steps_per_epoch`, `validation_data`
        and, with several replicas, `validation_steps`.

    Raises:
        UserError: If an epoch has no more than `initial_step` steps.
    """
    # One iterator over all epochs: batches that were prefetched at the end of
    # an epoch are not lost, so the order does not depend on the prefetch size.
    epoch = train()
    steps = int(epoch.cardinality())
    if initial_step >= steps:
        raise UserError(
            f"an epoch of these data has {steps} steps, so it cannot resume "
            f"after step {initial_step}"
        )
    batches = epoch.repeat().skip(initial_epoch * steps + initial_step)
    if strategy.num_replicas_in_sync > 1:
        batches = _shard(strategy, batches)
    validation = distributed_validation(strategy, valid)
    return {
        "x": batches,
        "steps_per_epoch": steps - initial_step,
        **validation,
    }


def distributed_validation(
    strategy: Strategy, valid: tf.data.Dataset | None
) -> dict[str, Any]:
    """Shards validation batches over replicas.

    Args:
        strategy: Strategy made by `make_strategy`.
        valid: Validation batches, if any.

    Returns:
        Validation arguments of `fit`.
    """
    if strategy.num_replicas_in_sync == 1 or valid is None:
        return {"validation_data": valid}
    return {
        # Keras would count each shard as a step.
        "validation_steps": int(valid.cardinality()),
        "validation_data": _shard(strategy, valid.repeat()),
    }


def validation_batch_size(
    strategy: Strategy, count: int, batch_size: int
) -> int:
    """Finds a batch size whose last batch has an example for each replica.

    Args:
        strategy: Strategy made by `make_strategy`.
        count: Number of validation examples.
        batch_size: Preferred size; the result is at most twice as large.
    """
    replicas = strategy.num_replicas_in_sync
    sizes = itertools.chain(
        range(batch_size, replicas - 1, -1),
        range(batch_size + 1, 2 * batch_size + 1),
    )
    fit = (size for size in sizes if not 0 < count % size < replicas)
    return next(fit, batch_size)


def _shard(strategy: Strategy, dataset: tf.data.Dataset) -> Any:
    replicas = strategy.num_replicas_in_sync

    def pipeline(context: tf.distribute.InputContext) -> tf.data.Dataset:
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local

        def shards(*batch: Any) -> tf.data.Dataset:
            ids = tf.data.Dataset.range(first, first + local)
            return ids.map(lambda replica: _shard_of(batch, replica, replicas))

        return dataset.flat_map(shards).prefetch(tf.data.AUTOTUNE)

    return strategy.distribute_datasets_from_function(pipeline)


def _shard_of(batch: tuple[Any, ...], replica: tf.Tensor, replicas: int) -> Any:
    def rows(values: tf.Tensor) -> tf.Tensor:
        count = tf.shape(values, tf.int64)[0]
        first = replica * count // replicas
        last = (replica + 1) * count // replicas
        # With fewer rows than replicas some rows are read twice, since
        # convolutions fail on an empty batch.
        return values[first : tf.maximum(last, first + 1)]

    parts = tf.nest.map_structure(rows, batch)
    return parts if len(parts) > 1 else parts[0]
