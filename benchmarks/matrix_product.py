"""Peak throughput of the machine: products of large matrices."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

_SIZE = 2048


def matrix_product(dtype: str) -> tuple[Callable[[], object], float]:
    """Returns a job that multiplies two matrices, and its work in GFLOP."""
    first, second = (
        tf.cast(tf.random.stateless_uniform((_SIZE, _SIZE), (0, seed)), dtype)
        for seed in (1, 2)
    )
    product = tf.function(lambda: tf.reduce_sum(first @ second))
    return lambda: product().numpy(), 2 * _SIZE**3 / 1e9
