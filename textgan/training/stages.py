"""The stages of a training: likelihood, the discriminator alone, both."""

from __future__ import annotations

import dataclasses

import keras

from textgan.config import Config
from textgan.losses.config import LossConfig


@dataclasses.dataclass(frozen=True)
class TrainingStage:
    """What one `compile` and `fit` of the `GAN` takes.

    Attributes:
        name: `likelihood`, `discriminator` or `adversarial`.
        epochs: Number of epochs, at least one.
        steps: Steps of all of them.
        g_optimizer: Fresh optimizer of the generator.
        d_optimizer: Fresh optimizer of the discriminator.
        objective: What both descend.
    """

    name: str
    epochs: int
    steps: int
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    objective: LossConfig


def plan_stages(config: Config, steps_per_epoch: int) -> list[TrainingStage]:
    """Gives the stages that have epochs, in their order."""
    names = [field.name for field in dataclasses.fields(LossConfig)]
    objective = LossConfig(**{name: getattr(config, name) for name in names})
    clip = config.clip_norm or None
    stages = []
    for name, epochs in (
        ("likelihood", config.epochs),
        ("discriminator", config.discriminator_epochs),
        ("adversarial", config.adversarial_epochs),
    ):
        if not epochs:
            continue
        steps = epochs * steps_per_epoch
        rate = config.adversarial_learning_rate
        if name == "likelihood":
            rate = keras.optimizers.schedules.CosineDecay(
                config.learning_rate, steps
            )
        g_optimizer = keras.optimizers.AdamW(
            rate, weight_decay=config.weight_decay, global_clipnorm=clip
        )
        d_optimizer = keras.optimizers.Adam(
            config.discriminator_learning_rate, global_clipnorm=clip
        )
        stages.append(
            TrainingStage(
                name, epochs, steps, g_optimizer, d_optimizer, objective
            )
        )
    return stages
