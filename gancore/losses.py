"""Adversarial losses of both GANs, as pure functions of logits.

A logit is positive for real. A discriminator returns one per example or a map
of them; the first axis is the batch.
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
    """Computes the discriminator's loss on real and generated examples.

    Args:
        real_logits: Shape `(batch, ...)`.
        fake_logits: Shape `(batch, ...)`.
        kind: `vanilla`, binary cross-entropy, Goodfellow et al. 2014,
            equation 1, negated, 2 ln 2 = 1.386 at chance; `relativistic`,
            the same on logits minus the mean logit of the other class
            (relativistic average GAN), Jolicoeur-Martineau 2018, equation 9;
            `hinge`, Lim and Ye 2017, equation 5, 2 at chance;
            `least_squares`, Mao et al. 2017, equation 9 without its factors
            1/2, 0.5 at chance, with targets 1 for real and 0 for fake.
        smoothing: One-sided label smoothing, how far the target for real is
            below 1, Salimans et al. 2016, section 3.4.

    Returns:
        Scalar; in nats for `vanilla` and `relativistic`.

    Examples:
        >>> logits = ops.zeros((4,))
        >>> round(float(discriminator_loss(logits, logits)), 3)
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
        real_logits, fake_logits = _relativistic(real_logits, fake_logits)
    # Cross-entropy is linear in the target, so smoothing adds a linear term.
    return (
        ops.mean(ops.softplus(-real_logits))
        + smoothing * ops.mean(real_logits)
        + ops.mean(ops.softplus(fake_logits))
    )


def generator_loss(
    fake_logits: Any, real_logits: Any = None, kind: str = "vanilla"
) -> Any:
    """Computes the generator's loss for each generated example.

    Args:
        fake_logits: Shape `(batch, ...)`.
        real_logits: Shape `(batch, ...)`; required by `relativistic`.
        kind: As for `discriminator_loss`; `vanilla` is the non-saturating
            loss of Goodfellow et al. 2014, section 3.

    Returns:
        Shape `(batch,)`; in nats for `vanilla` and `relativistic`.
    """
    if kind == "hinge":
        return -_mean_per_example(fake_logits)
    if kind == "least_squares":
        return _mean_per_example(ops.square(fake_logits - 1.0))
    if kind == "relativistic":
        real, fake = _relativistic(real_logits, fake_logits)
        return _mean_per_example(ops.softplus(real)) + _mean_per_example(
            ops.softplus(-fake)
        )
    return _mean_per_example(ops.softplus(-fake_logits))


def gradient_penalty(gradients: Any) -> Any:
    """Computes the R1 gradient penalty, without its weight.

    Half the mean squared norm of the discriminator's gradient at real
    examples, Mescheder et al. 2018, equation 9.

    Args:
        gradients: Gradients of the summed logits of real examples with
            respect to these examples, shape `(batch, ...)`.

    Returns:
        Scalar.

    Reference:
        - [Mescheder et al. 2018](https://arxiv.org/abs/1801.04406)
    """
    axes = tuple(range(1, len(gradients.shape)))
    return 0.5 * ops.mean(ops.sum(ops.square(gradients), axis=axes))


def _relativistic(real: Any, fake: Any) -> tuple[Any, Any]:
    """Subtracts the mean logit of the other class, over all replicas."""
    return (
        real - collectives.all_reduce_mean(fake),
        fake - collectives.all_reduce_mean(real),
    )


def _mean_per_example(values: Any) -> Any:
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))
