"""The adversarial terms both GANs use, pure functions of logits.

Logits are positive for real; a discriminator gives one per item or a map of
them, whose first axis is the batch.
"""

from __future__ import annotations

from typing import Any

import keras

from gancore.distribute import collectives

ops = keras.ops


def discriminator_loss(
    real_logits: Any,
    fake_logits: Any,
    kind: str = "vanilla",
    smoothing: float = 0.0,
) -> Any:
    """Gives the loss of calling real real plus that of calling fake fake.

    Args:
        real_logits: Shape `(batch, ...)`.
        fake_logits: Shape `(batch, ...)`.
        kind: `vanilla`, cross-entropy, Goodfellow et al. 2014, equation 1,
            negated, of which 2 ln 2 = 1.386 is chance; `relativistic`, the
            same of how much more real than the average of the others an item
            is, Jolicoeur-Martineau 2018, equation 9; `hinge`, Lim and Ye
            2017, equation 5, 2 at chance; `least_squares`, Mao et al. 2017,
            equation 9 without its halves, 0.5 at chance, where a logit is a
            score to be 1 for real and 0 for fake.
        smoothing: By how much the target for real is below 1 (one-sided
            label smoothing, Salimans et al. 2016, section 3.4).

    Returns:
        Scalar; in nats, if the kind is one of the first two.

    Examples:
        >>> unsure = ops.zeros((4,))
        >>> round(float(discriminator_loss(unsure, unsure)), 3)
        1.386

    Reference:
        - [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661)
        - [Jolicoeur-Martineau 2018](https://arxiv.org/abs/1807.00734)
        - [Lim and Ye 2017](https://arxiv.org/abs/1705.02894)
        - [Mao et al. 2017](https://arxiv.org/abs/1611.04076)
        - [Salimans et al. 2016](https://arxiv.org/abs/1606.03498)
    """
    if kind == "hinge":
        return ops.mean(ops.relu(1.0 - real_logits)) + ops.mean(
            ops.relu(1.0 + fake_logits)
        )
    if kind == "least_squares":
        return ops.mean(ops.square(real_logits - (1.0 - smoothing))) + ops.mean(
            ops.square(fake_logits)
        )
    if kind == "relativistic":
        real_logits, fake_logits = _against_average(real_logits, fake_logits)
    # Cross-entropy is linear in the target, so smoothing adds a linear term.
    return (
        ops.mean(ops.softplus(-real_logits))
        + smoothing * ops.mean(real_logits)
        + ops.mean(ops.softplus(fake_logits))
    )


def generator_loss(
    fake_logits: Any, real_logits: Any = None, kind: str = "vanilla"
) -> Any:
    """Gives the loss of each fake for not being called real.

    Args:
        fake_logits: Shape `(batch, ...)`.
        real_logits: Shape `(batch, ...)`; needed if the kind is relativistic.
        kind: As for `discriminator_loss`; `vanilla` is the non-saturating
            form of Goodfellow et al. 2014, section 3.

    Returns:
        Shape `(batch,)`; in nats, if the kind is one of the first two.
    """
    if kind == "hinge":
        return -_per_item(fake_logits)
    if kind == "least_squares":
        return _per_item(ops.square(fake_logits - 1.0))
    if kind == "relativistic":
        real, fake = _against_average(real_logits, fake_logits)
        return _per_item(ops.softplus(real)) + _per_item(ops.softplus(-fake))
    return _per_item(ops.softplus(-fake_logits))


def gradient_penalty(gradients: Any) -> Any:
    """R1: half the squared norm of a discriminator's gradient at real items.

    Mescheder et al. 2018, equation 9, without its weight.

    Args:
        gradients: Of the summed logits of real items with respect to the
            items, shape `(batch, ...)`.

    Returns:
        Scalar.

    Reference:
        - [Mescheder et al. 2018](https://arxiv.org/abs/1801.04406)
    """
    axes = tuple(range(1, len(gradients.shape)))
    return 0.5 * ops.mean(ops.sum(ops.square(gradients), axis=axes))


def _against_average(real: Any, fake: Any) -> tuple[Any, Any]:
    return real - collectives.mean(fake), fake - collectives.mean(real)


def _per_item(values: Any) -> Any:
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))
