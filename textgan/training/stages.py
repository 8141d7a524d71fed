"""The training stages: one schedule for both networks, or one after another."""

from __future__ import annotations

import dataclasses

import keras

from textgan.config import Config
from textgan.losses.config import LossConfig


@dataclasses.dataclass(frozen=True)
class TrainingStage:
    """Arguments of one `compile` and `fit` of the `GAN`.

    Attributes:
        name: `mle`, `discriminator`, `joint` or `adversarial`.
        epochs: Number of epochs, at least one.
        steps: Training steps of all epochs.
        g_optimizer: New optimizer of the generator.
        d_optimizer: New optimizer of the discriminator.
        objective: Kinds and weights of the loss terms.
    """

    name: str
    epochs: int
    steps: int
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    objective: LossConfig


def plan_stages(config: Config, steps_per_epoch: int) -> list[TrainingStage]:
    """Returns the stages that have epochs, in order."""
    clip = config.clip_norm or None
    stages = []
    for name, epochs in (
        ("mle", config.mle_epochs),
        ("discriminator", config.discriminator_epochs),
        ("joint", config.epochs),
        ("adversarial", config.adversarial_epochs),
    ):
        if not epochs:
            continue
        steps = epochs * steps_per_epoch
        rate = config.adversarial_learning_rate
        if name in ("mle", "joint"):
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
                name, epochs, steps, g_optimizer, d_optimizer, config.losses
            )
        )
    return stages
