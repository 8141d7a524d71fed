"""Mixed precision: 16-bit computation with float32 weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import keras


@contextmanager
def dtype_policy(policy: Any) -> Iterator[None]:
    """Sets the dtype policy of networks built inside.

    Args:
        policy: A `keras.DTypePolicy` or its name, such as `mixed_float16`.
    """
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(before)


def full_precision() -> AbstractContextManager[None]:
    """Sets the dtype policy to float32 for networks built inside."""
    return dtype_policy("float32")


def scale_loss_if_needed(
    optimizer: keras.optimizers.Optimizer, network: keras.Model
) -> keras.optimizers.Optimizer:
    """Adds loss scaling to the optimizer of a network that uses float16.

    Small gradients would underflow otherwise.

    Reference:
        - [Micikevicius et al. 2018](https://arxiv.org/abs/1710.03740)
    """
    if network.compute_dtype != "float16" or isinstance(
        optimizer, keras.optimizers.LossScaleOptimizer
    ):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
