"""The two training stages: pixel loss alone, then with the discriminator."""

from __future__ import annotations

import dataclasses

import keras
from keras.optimizers import schedules

from srgan.config import Config
from srgan.losses.config import LossConfig

# Fractions of a stage after which the learning rate is halved.
_HALVINGS = {
    "halving": (1 / 8, 1 / 4, 1 / 2, 3 / 4),
    "halving_evenly": (1 / 5, 2 / 5, 3 / 5, 4 / 5),
}


@dataclasses.dataclass(frozen=True)
class TrainingStage:
    """Arguments of one `compile` and `fit` of the `GAN`.

    Attributes:
        name: As printed and in file names: `pixel` or `adversarial`.
        epochs: Number of epochs, at least one.
        g_optimizer: New optimizer of the generator.
        d_optimizer: New optimizer of the discriminator.
        objective: Kinds and weights of the loss terms.
    """

    name: str
    epochs: int
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    objective: LossConfig


def plan_stages(config: Config) -> list[TrainingStage]:
    """Returns the stages that have epochs, in order."""
    pixel_only = dataclasses.replace(
        config.losses,
        pixel_weight=1.0,
        perceptual_weight=0.0,
        adversarial_weight=0.0,
    )

    def stage(
        name: str,
        epochs: int,
        objective: LossConfig,
        rate: float,
        schedule: str,
        warmup: int = 0,
    ) -> TrainingStage:
        steps = epochs * config.steps_per_epoch
        rates = [
            plan_learning_rate(rate, steps, schedule, warmup) for _ in range(2)
        ]
        g_optimizer = keras.optimizers.Adam(
            rates[0], global_clipnorm=config.clip_norm or None
        )
        d_optimizer = keras.optimizers.Adam(rates[1])
        return TrainingStage(name, epochs, g_optimizer, d_optimizer, objective)

    stages = []
    if config.pixel_epochs:
        stages.append(
            stage(
                "pixel",
                config.pixel_epochs,
                pixel_only,
                config.learning_rate,
                config.schedule,
                config.warmup_steps,
            )
        )
    if config.adversarial_epochs:
        stages.append(
            stage(
                "adversarial",
                config.adversarial_epochs,
                config.losses,
                config.adversarial_learning_rate,
                config.adversarial_schedule,
            )
        )
    return stages


def plan_learning_rate(
    rate: float, steps: int, schedule: str, warmup: int = 0
) -> float | schedules.LearningRateSchedule:
    """Returns the learning-rate schedule of a stage.

    Args:
        rate: The largest rate.
        steps: Training steps of the stage.
        schedule: `constant`; `cosine`, a decay to 0; `halving` after an
            eighth, a quarter, a half and three quarters of the steps, and
            `halving_evenly` after each fifth (Wang et al. 2018, section 4.1,
            of the two stages); `tenth_at_half` (Ledig et al. 2017,
            section 3.2).
        warmup: Steps of linear warm-up before a `cosine` decay.
    """
    if schedule == "cosine":
        warmup = min(warmup, steps // 2)
        return schedules.CosineDecay(
            rate / max(warmup, 1),
            max(steps - warmup, 1),
            warmup_target=rate if warmup else None,
            warmup_steps=warmup,
        )
    if schedule in _HALVINGS:
        boundaries = [round(steps * part) for part in _HALVINGS[schedule]]
        return schedules.PiecewiseConstantDecay(
            boundaries, [rate / 2**i for i in range(5)]
        )
    if schedule == "tenth_at_half":
        return schedules.PiecewiseConstantDecay([steps // 2], [rate, rate / 10])
    return rate
