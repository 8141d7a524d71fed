"""Random parameters and gates of a degradation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

# Image -> image, with parameters that have been drawn.
Operation = Callable[[tf.Tensor], tf.Tensor]


class Draws:
    """Random numbers that are all drawn at once, which is faster.

    They are taken outside of branches: an eager call runs only one branch, and
    a graph traces config.

    Args:
        seed: int32 of shape `(2,)`.
    """

    _NUMBERS = 64

    def __init__(self, seed: tf.Tensor) -> None:
        numbers = tf.random.stateless_uniform([self._NUMBERS], seed)
        self._numbers = iter(tf.unstack(numbers))

    def between(self, low: Any, high: Any) -> tf.Tensor:
        """Draws a real number."""
        return low + (high - low) * next(self._numbers)

    def whole(self, low: int, high: int) -> tf.Tensor:
        """Draws an integer, both bounds included."""
        return low + tf.cast(self.between(0.0, high - low + 1), tf.int32)

    def chance(self, probability: float) -> tf.Tensor:
        """Draws True with a probability."""
        return next(self._numbers) < probability

    def pick(self, shares: Sequence[float]) -> tf.Tensor:
        """Draws an index with the given probabilities, which sum to 1."""
        bounds = list(itertools.accumulate(shares))[:-1]
        passed = tf.constant(bounds, tf.float32) <= next(self._numbers)
        return tf.reduce_sum(tf.cast(passed, tf.int32))


def only_if(happens: tf.Tensor, operation: Operation) -> Operation:
    """Returns the operation behind a gate: without it, the image is kept."""
    return lambda image: tf.cond(
        happens, lambda: operation(image), lambda: image
    )
