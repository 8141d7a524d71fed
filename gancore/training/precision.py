"""Computing in 16 bits where it pays, with all weights kept in 32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def full_precision() -> Iterator[None]:
    """Lets networks that are built inside compute in float32."""
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(before)


def scaled_if_needed(
    optimizer: keras.optimizers.Optimizer, network: keras.Model
) -> keras.optimizers.Optimizer:
    """Scales the loss of an optimizer whose network computes in float16.

    Its gradients would vanish otherwise (Micikevicius et al. 2018).

    Reference:
        - [Micikevicius et al. 2018](https://arxiv.org/abs/1710.03740)
    """
    if network.compute_dtype != "float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
