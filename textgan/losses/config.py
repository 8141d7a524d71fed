"""Kinds and weights of the loss terms of a TextGAN training."""

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
    """Kinds and weights of the terms of both networks' losses.

    Raises:
        UserError: If a value is out of its range.
    """

    adversarial_loss: str = option(
        "relativistic",
        "Adversarial loss of the generator: on logits of Gumbel-softmax "
        "samples (relativistic or vanilla), MMD of discriminator features "
        "(feature_matching), or a reward per word (reinforce).",
        group=_LOSSES,
        choices=ADVERSARIAL_LOSSES,
        was="signal",
        values_were={"mmd": "feature_matching"},
    )
    adversarial_weight: float = option(
        0.1,
        "Weight of the adversarial loss.",
        group=_LOSSES,
        unit="nats per text",
        low=0.0,
        high=1e6,
    )
    mle_weight: float = option(
        1.0,
        "Weight of the MLE term, the negative log-likelihood of real texts.",
        group=_LOSSES,
        low=0.0,
        high=1e6,
        was="likelihood_weight",
    )
    gumbel_temperature: float = option(
        0.5,
        "Gumbel-softmax temperature at the start of the stage.",
        group=_LOSSES,
        low=0.01,
    )
    gumbel_temperature_end: float = option(
        0.2,
        "Gumbel-softmax temperature at the end of the stage; annealed "
        "geometrically.",
        group=_LOSSES,
        low=0.001,
        was="final_temperature",
    )
    soft_argmax_beta: float = option(
        100.0,
        "Factor of the logits in the soft-argmax (feature_matching with a "
        "latent code).",
        group=_LOSSES,
        low=1.0,
        was="sharpness",
    )
    mmd_weight: float = option(
        0.001,
        "Weight of the MMD in the discriminator's loss (feature_matching).",
        group=_LOSSES,
        low=0.0,
        was="matching_weight",
    )
    latent_weight: float = option(
        0.001,
        "Weight of the reconstruction of the latent code in the "
        "discriminator's loss (feature_matching).",
        group=_LOSSES,
        low=0.0,
        was="code_weight",
    )
    discount: float = option(
        0.23,
        "Discount factor of the rewards, per word (reinforce).",
        group=_LOSSES,
        low=0.0,
        high=1.0,
    )
    baseline_decay: float = option(
        0.92,
        "Decay of the moving-average baseline (reinforce).",
        group=_LOSSES,
        low=0.0,
        high=0.9999,
    )
    sampled_softmax: int = option(
        0,
        "Number of negative samples per step of the sampled softmax; 0 for "
        "the full softmax.",
        group=TRAINING,
        unit="words",
        low=0,
        high=10_000_000,
        was="sampled_words",
    )
    adversarial_length: int = option(
        24,
        "Length of the texts that the generator samples and the discriminator "
        "is given.",
        group=_LOSSES,
        unit="tokens",
        low=1,
        was="free_length",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
