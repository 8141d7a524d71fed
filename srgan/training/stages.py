"""The two stages of a training: pixel loss, then the discriminator as well."""

from __future__ import annotations

import dataclasses

import keras
from keras.optimizers import schedules

from srgan.config import Config
from srgan.losses.config import LossConfig

# After which parts of a stage the rate is halved.
_HALVINGS = {
    "halving": (1 / 8, 1 / 4, 1 / 2, 3 / 4),
    "halving_evenly": (1 / 5, 2 / 5, 3 / 5, 4 / 5),
}


@dataclasses.dataclass(frozen=True)
class TrainingStage:
    """What one `compile` and `fit` of the `GAN` takes.

    Attributes:
        name: As printed and in names of files.
        epochs: Number of epochs, at least one.
        g_optimizer: Fresh optimizer of the generator.
        d_optimizer: Fresh optimizer of the discriminator.
        objective: What both descend.
    """

    name: str
    epochs: int
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    objective: LossConfig


def plan_stages(config: Config) -> list[TrainingStage]:
    """Gives the stages that have epochs, in their order."""
    names = [field.name for field in dataclasses.fields(LossConfig)]
    scored = LossConfig(**{name: getattr(config, name) for name in names})
    pixels = dataclasses.replace(
        scored, pixel_weight=1.0, perceptual_weight=0.0, adversarial_weight=0.0
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
                pixels,
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
                scored,
                config.adversarial_learning_rate,
                config.adversarial_schedule,
            )
        )
    return stages


def plan_learning_rate(
    rate: float, steps: int, schedule: str, warmup: int = 0
) -> float | schedules.LearningRateSchedule:
    """Gives a learning rate over a stage.

    Args:
        rate: The largest.
        steps: Steps of the stage.
        schedule: `constant`; `cosine`, which falls to 0; `halving` after an
            eighth, a quarter, a half and three quarters, and `halving_evenly`
            after each fifth (Wang et al. 2018, section 4.1, of the two
            stages); `tenth_at_half` (Ledig et al. 2017, section 3.2).
        warmup: Steps in which a `cosine` rises first.
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
        ends = [round(steps * part) for part in _HALVINGS[schedule]]
        return schedules.PiecewiseConstantDecay(
            ends, [rate / 2**i for i in range(5)]
        )
    if schedule == "tenth_at_half":
        return schedules.PiecewiseConstantDecay([steps // 2], [rate, rate / 10])
    return rate
