"""What the two networks of a TextGAN descend in a stage of training."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.training.config import TRAINING

_LOSSES = "adversarial stage"
ADVERSARIAL_LOSSES = (
    "relativistic",
    "vanilla",
    "feature_matching",
    "reinforce",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Kinds and weights of the terms of both losses.

    Raises:
        UserError: If a value is out of its range.
    """

    adversarial_loss: str = option(
        "relativistic",
        "What the discriminator tells the generator: a logit through relaxed words "
        "(relativistic or vanilla), the distance of features (mmd), or a "
        "reward of each word (reinforce).",
        group=_LOSSES,
        choices=ADVERSARIAL_LOSSES,
        was="signal",
        values_were={"mmd": "feature_matching"},
    )
    adversarial_weight: float = option(
        1.0,
        "Weight of the signal.",
        group=_LOSSES,
        unit="nats per text",
        low=0.0,
        high=1e6,
    )
    mle_weight: float = option(
        1.0,
        "Weight of a real text's likelihood, the anchor.",
        group=_LOSSES,
        low=0.0,
        high=1e6,
        was="likelihood_weight",
    )
    gumbel_temperature: float = option(
        0.5,
        "Temperature of relaxed words as the stage begins.",
        group=_LOSSES,
        low=0.01,
    )
    gumbel_temperature_end: float = option(
        0.2,
        "That as it ends; it falls as a geometric series.",
        group=_LOSSES,
        low=0.001,
        was="final_temperature",
    )
    soft_argmax_beta: float = option(
        100.0,
        "Multiplies the logits of a soft-argmax (mmd with a latent code).",
        group=_LOSSES,
        low=1.0,
        was="sharpness",
    )
    mmd_weight: float = option(
        0.001,
        "Weight by which the discriminator keeps features apart (mmd).",
        group=_LOSSES,
        low=0.0,
        was="matching_weight",
    )
    latent_weight: float = option(
        0.001,
        "Weight by which the discriminator reads the latent code (mmd).",
        group=_LOSSES,
        low=0.0,
        was="code_weight",
    )
    discount: float = option(
        0.23,
        "What a reward is worth a word earlier (reinforce).",
        group=_LOSSES,
        low=0.0,
        high=1.0,
    )
    baseline_decay: float = option(
        0.92,
        "Decay of the mean reward that is taken off (reinforce).",
        group=_LOSSES,
        low=0.0,
        high=0.9999,
    )
    sampled_softmax: int = option(
        0,
        "In training a right word is told from so many others, drawn by rank "
        "for each step; 0 for all others of the vocabulary.",
        group=TRAINING,
        unit="words",
        low=0,
        high=10_000_000,
        was="sampled_words",
    )
    adversarial_length: int = option(
        24,
        "How much of a text the discriminator sees and the generator writes freely.",
        group=_LOSSES,
        unit="words and marks",
        low=1,
        was="free_length",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
