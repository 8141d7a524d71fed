"""The likelihood of texts, as a loss in nats."""

from __future__ import annotations

from typing import Any

import keras

from textgan.vocabulary import PAD

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
