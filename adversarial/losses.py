"""The adversarial terms both GANs use, pure functions of logits."""

from __future__ import annotations

from typing import Any

import keras

ops = keras.ops


def discriminator_loss(real_logits: Any, fake_logits: Any) -> Any:
    """Cross-entropy of calling real real plus fake fake.

    Goodfellow et al. 2014, equation 1, negated; 2 ln 2 = 1.386 is chance.

    Args:
        real_logits: Shape `(batch, 1)`, positive for real.
        fake_logits: Shape `(batch, 1)`.

    Returns:
        Scalar in nats.
    """
    return ops.mean(ops.softplus(-real_logits)) + ops.mean(
        ops.softplus(fake_logits)
    )


def generator_loss(fake_logits: Any) -> Any:
    """Cross-entropy of each fake being called real.

    The non-saturating form of Goodfellow et al. 2014, section 3.

    Args:
        fake_logits: Shape `(batch, 1)`.

    Returns:
        Nats, shape `(batch,)`.
    """
    return ops.softplus(-fake_logits)[:, 0]
