"""Mixed precision: 16-bit computation with float32 weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def full_precision() -> Iterator[None]:
    """Sets the dtype policy to float32 for networks built inside."""
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(policy)


def scale_loss_if_needed(
    optimizer: keras.optimizers.Optimizer, network: keras.Model
) -> keras.optimizers.Optimizer:
    """Adds loss scaling to the optimizer of a network that uses float16.

    Small gradients would underflow otherwise.

    Reference:
        - [Micikevicius et al. 2018](https://arxiv.org/abs/1710.03740)
    """
    if network.compute_dtype != "float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
