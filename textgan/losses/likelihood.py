"""The likelihood of texts, as a loss in nats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from textgan.data.vocabulary import PAD

ops = keras.ops


def sequence_nll(logits: Any, targets: Any) -> tuple[Any, Any]:
    """Negative log-likelihood of each text; padding never counts.

    Args:
        logits: Shape `(batch, length, vocabulary_size)`.
        targets: The right next words, int, shape `(batch, length)`.

    Returns:
        Nats per text and predicted words per text (`</s>` is one), float32
        tensors of shape `(batch,)`.
    """
    real = ops.cast(ops.not_equal(targets, PAD), "float32")
    nll = ops.sparse_categorical_crossentropy(
        targets, ops.cast(logits, "float32"), from_logits=True
    )
    return ops.sum(nll * real, axis=-1), ops.sum(real, axis=-1)


def mmd(first: Any, second: Any, bandwidths: Sequence[float]) -> Any:
    """Squared maximum mean discrepancy of two clouds of features.

    The biased estimate with a sum of Gaussian kernels: 0 exactly for equal
    clouds, small for clouds of one distribution.

    Args:
        first: Features of one kind of text, shape `(batch, features)`.
        second: Of the other kind, `(other_batch, features)`.
        bandwidths: Standard deviations of the kernels.

    Returns:
        Scalar from 0 to twice the number of bandwidths.

    Reference:
        - Gretton et al. 2012, A kernel two-sample test, equation 5
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3.2
    """
    both = ops.concatenate([first, second], axis=0)
    squares = ops.sum(ops.square(both), axis=-1)
    gaps = squares[:, None] + squares[None] - 2.0 * both @ ops.transpose(both)
    gaps = ops.maximum(gaps, 0.0)
    kernel = sum(ops.exp(-gaps / (2.0 * width**2)) for width in bandwidths)
    sizes = [ops.shape(first)[0], ops.shape(second)[0]]
    # Each cloud weighs 1, and the second counts against the first.
    weights = ops.concatenate(
        [
            ops.ones((size,)) * sign / ops.cast(size, "float32")
            for size, sign in zip(sizes, (1.0, -1.0), strict=True)
        ]
    )
    return ops.sum(kernel * weights[:, None] * weights[None])
