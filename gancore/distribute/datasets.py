"""Batches of all replicas together, and each replica's share of them."""

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
    done: int = 0,
    step: int = 0,
) -> dict[str, Any]:
    """Gives each replica its share of each batch, in order.

    Args:
        strategy: What `make_strategy` gives.
        train: Makes an epoch's batches of all replicas together, the same in
            each process, whose number is known. They may be in another order
            each time they are read, but in the same orders whenever they are
            made; with the same seeds these are so for any number of replicas.
        valid: Batches to validate on, if there are any.
        done: Epochs whose batches are passed over.
        step: Batches of the next epoch that are passed over, too. It is then
            of fewer steps.

    Raises:
        UserError: If an epoch has no more steps than are passed over.

    Returns:
        What `fit` takes of data and numbers of steps.
    """
    # One reading that goes on from epoch to epoch: what is read ahead is then
    # never lost, and no order hangs on how much it was.
    epoch = train()
    steps = int(epoch.cardinality())
    if step >= steps:
        raise UserError(f"an epoch of these data has {steps} steps, not {step}")
    batches = epoch.repeat().skip(done * steps + step)
    if strategy.num_replicas_in_sync > 1:
        batches = _shares(strategy, batches)
    held_out = distributed_validation(strategy, valid)
    return {"x": batches, "steps_per_epoch": steps - step, **held_out}


def distributed_validation(
    strategy: Strategy, valid: tf.data.Dataset | None
) -> dict[str, Any]:
    """Gives each replica its share of the batches to validate on.

    Args:
        strategy: What `make_strategy` gives.
        valid: These batches, if there are any.

    Returns:
        What `fit` takes of them.
    """
    if strategy.num_replicas_in_sync == 1 or valid is None:
        return {"validation_data": valid}
    return {
        # Keras would take the shares for steps.
        "validation_steps": int(valid.cardinality()),
        "validation_data": _shares(strategy, valid.repeat()),
    }


def validation_batch(strategy: Strategy, count: int, batch_size: int) -> int:
    """Gives a batch whose last one is enough for all replicas.

    Args:
        strategy: What `make_strategy` gives.
        count: Items to validate on.
        batch_size: Wanted; there may be up to twice as many in a batch.
    """
    replicas = strategy.num_replicas_in_sync
    sizes = itertools.chain(
        range(batch_size, replicas - 1, -1),
        range(batch_size + 1, 2 * batch_size + 1),
    )
    fit = (size for size in sizes if not 0 < count % size < replicas)
    return next(fit, batch_size)


def _shares(strategy: Strategy, dataset: tf.data.Dataset) -> Any:
    replicas = strategy.num_replicas_in_sync

    def own(context: tf.distribute.InputContext) -> tf.data.Dataset:
        here = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * here

        def shares(*batch: Any) -> tf.data.Dataset:
            numbers = tf.data.Dataset.range(first, first + here)
            return numbers.map(lambda replica: _share(batch, replica, replicas))

        return dataset.flat_map(shares).prefetch(tf.data.AUTOTUNE)

    return strategy.distribute_datasets_from_function(own)


def _share(batch: tuple[Any, ...], replica: tf.Tensor, replicas: int) -> Any:
    def rows(values: tf.Tensor) -> tf.Tensor:
        count = tf.shape(values, tf.int64)[0]
        first = replica * count // replicas
        last = (replica + 1) * count // replicas
        # Of fewer rows than replicas some are read twice: convolutions fail
        # on none.
        return values[first : tf.maximum(last, first + 1)]

    parts = tf.nest.map_structure(rows, batch)
    return parts if len(parts) > 1 else parts[0]
