"""The two stages of a training: pixel loss, then the judge as well."""

from __future__ import annotations

import dataclasses

import keras

from srgan.config import Config


@dataclasses.dataclass(frozen=True)
class Stage:
    """What one `compile` and `fit` of the `GAN` takes.

    Attributes:
        name: As printed.
        epochs: Number of epochs, at least one.
        g_optimizer: Fresh optimizer of the generator.
        d_optimizer: Fresh optimizer of the discriminator.
        adversarial_weight: Weight of the adversarial loss; 0 for none.
    """

    name: str
    epochs: int
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    adversarial_weight: float


def plan_stages(config: Config) -> list[Stage]:
    """Gives the stages that have epochs, in their order."""

    def adam(
        rate: float | keras.optimizers.schedules.LearningRateSchedule,
    ) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(rate, global_clipnorm=config.clip_norm)

    steady = config.adversarial_learning_rate
    stages = [
        Stage(
            "pixel loss",
            config.pixel_epochs,
            adam(_rise_and_fall(config)),
            adam(steady),
            adversarial_weight=0.0,
        ),
        Stage(
            "adversarial",
            config.adversarial_epochs,
            adam(steady),
            adam(steady),
            adversarial_weight=config.adversarial_weight,
        ),
    ]
    return [stage for stage in stages if stage.epochs]


def _rise_and_fall(
    config: Config,
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rises from a small rate to the full, then falls to 0 along a cosine."""
    steps = config.pixel_epochs * config.steps_per_epoch
    warmup = min(config.warmup_steps, steps // 2)
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate / max(warmup, 1),
        max(steps - warmup, 1),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
