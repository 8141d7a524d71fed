"""The losses of both networks, pure functions of tensors, in nats."""

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


def discriminator_loss(real_logits: Any, fake_logits: Any) -> Any:
    """Cross-entropy of calling real texts real plus fake ones fake.

    Goodfellow et al. 2014, equation 1, negated; 2 ln 2 = 1.386 is chance.

    Args:
        real_logits: Shape `(batch, 1)`.
        fake_logits: Shape `(batch, 1)`.

    Returns:
        Scalar mean over the batch.
    """
    return ops.mean(ops.softplus(-real_logits)) + ops.mean(
        ops.softplus(fake_logits)
    )


def generator_loss(fake_logits: Any) -> Any:
    """Cross-entropy of fake texts being called real, per text.

    The non-saturating form of Goodfellow et al. 2014, section 3.

    Args:
        fake_logits: Shape `(batch, 1)`.

    Returns:
        Shape `(batch,)`.
    """
    return ops.softplus(-fake_logits)[:, 0]
