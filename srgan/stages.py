"""The two stages of a training: pixel loss, then the judge as well."""

from __future__ import annotations

import dataclasses

import keras

from srgan.config import Config
from srgan.gan import GAN


@dataclasses.dataclass(frozen=True)
class Stage:
    """One `compile` and `fit`.

    Attributes:
        name: As printed.
        epochs: Number of epochs, at least one.
        learning_rate: The generator's rate or its schedule.
        adversarial_weight: Weight of the adversarial loss; 0 for none.
    """

    name: str
    epochs: int
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule
    adversarial_weight: float

    def begin(self, gan: GAN, judge_learning_rate: float) -> None:
        """Compiles the model with fresh optimizers."""
        gan.compile(
            keras.optimizers.Adam(self.learning_rate),
            keras.optimizers.Adam(judge_learning_rate),
            adversarial_weight=self.adversarial_weight,
        )


def plan_stages(config: Config) -> list[Stage]:
    """Gives the stages that have epochs, in their order."""
    steps = config.pixel_epochs * config.steps_per_epoch
    warmup = min(config.warmup_steps, steps // 2)
    falling = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else config.learning_rate,
        max(steps - warmup, 1),
        warmup_target=config.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    stages = [
        Stage("pixel loss", config.pixel_epochs, falling, 0.0),
        Stage(
            "adversarial",
            config.adversarial_epochs,
            config.adversarial_learning_rate,
            config.adversarial_weight,
        ),
    ]
    return [stage for stage in stages if stage.epochs]
