"""Losses of texts and features: negative log-likelihood and MMD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from textgan.data.vocabulary import PAD

ops = keras.ops


def sequence_nll(logits: Any, targets: Any) -> tuple[Any, Any]:
    """Computes the negative log-likelihood of each text; padding is masked.

    Args:
        logits: Shape `(batch, length, vocabulary_size)`.
        targets: Next words, int, shape `(batch, length)`.

    Returns:
        Nats per text and predicted words per text (`</s>` included), float32
        tensors of shape `(batch,)`.
    """
    real = ops.cast(ops.not_equal(targets, PAD), "float32")
    nll = ops.sparse_categorical_crossentropy(
        targets, ops.cast(logits, "float32"), from_logits=True
    )
    return ops.sum(nll * real, axis=-1), ops.sum(real, axis=-1)


def mmd(first: Any, second: Any, bandwidths: Sequence[float]) -> Any:
    """Computes the squared maximum mean discrepancy of two samples.

    The biased estimate with a sum of Gaussian kernels: exactly 0 for equal
    samples, small for samples of one distribution.

    Args:
        first: Features, shape `(batch, features)`.
        second: Features, shape `(other_batch, features)`.
        bandwidths: Standard deviations of the kernels.

    Returns:
        Scalar from 0 to twice the number of bandwidths.

    Reference:
        - Gretton et al. 2012, A kernel two-sample test, equation 5
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3.2
    """
    both = ops.concatenate([first, second], axis=0)
    squares = ops.sum(ops.square(both), axis=-1)
    distances = (
        squares[:, None] + squares[None] - 2.0 * both @ ops.transpose(both)
    )
    distances = ops.maximum(distances, 0.0)
    kernel = sum(ops.exp(-distances / (2.0 * width**2)) for width in bandwidths)
    sizes = [ops.shape(first)[0], ops.shape(second)[0]]
    # The weights of each sample sum to 1 and -1.
    weights = ops.concatenate(
        [
            ops.ones((size,)) * sign / ops.cast(size, "float32")
            for size, sign in zip(sizes, (1.0, -1.0), strict=True)
        ]
    )
    return ops.sum(kernel * weights[:, None] * weights[None])
