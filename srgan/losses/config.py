"""Terms and weights of the losses of an SRGAN."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError

_LOSSES = "losses (the pixel stage has the pixel loss only)"
ERRORS = ("l1", "mse")
ADVERSARIAL_LOSSES = ("vanilla", "relativistic", "hinge", "least_squares")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Kinds and weights of the terms of both networks' losses.

    With an adversarial weight of 0 the discriminator is not trained.

    Raises:
        UserError: If a value is out of its range, or two contradict each
            other.
    """

    pixel_loss: str = option(
        "l1",
        "Distance of pixels, in 0..1, in the pixel loss.",
        group=_LOSSES,
        choices=ERRORS,
    )
    pixel_weight: float = option(
        1.0,
        "Weight of the pixel loss in the adversarial stage.",
        group=_LOSSES,
        low=0.0,
    )
    perceptual_loss: str = option(
        "l1",
        "Distance of features in the perceptual loss.",
        group=_LOSSES,
        choices=ERRORS,
        was="content_loss",
    )
    perceptual_weight: float = option(
        0.02,
        "Weight of the perceptual loss; 0 disables it.",
        group=_LOSSES,
        low=0.0,
        was="content_weight",
    )
    adversarial_loss: str = option(
        "vanilla",
        "Adversarial loss of both networks.",
        group=_LOSSES,
        choices=ADVERSARIAL_LOSSES,
    )
    adversarial_weight: float = option(
        2e-3,
        "Weight of the adversarial loss; with 0 the discriminator is not "
        "trained.",
        group=_LOSSES,
        low=0.0,
    )
    adversarial_warmup_steps: int = option(
        0,
        "Steps over which the adversarial weight rises linearly from 0.",
        group=_LOSSES,
        unit="steps",
        low=0,
        was="ramp_steps",
    )
    label_smoothing: float = option(
        0.0,
        "One-sided label smoothing: 1 minus the discriminator's target for "
        "real images.",
        group=_LOSSES,
        low=0.0,
        high=0.5,
    )
    r1_weight: float = option(
        0.0,
        "Weight of the discriminator's R1 gradient penalty; 0 disables it.",
        group=_LOSSES,
        low=0.0,
    )
    consistency_weight: float = option(
        0.0,
        "Weight of the L1 distance, of pixels in 0..1, between the downscaled "
        "SR image and the LR image; 0 disables it.",
        group=_LOSSES,
        low=0.0,
    )
    diversity: float = option(
        0.0,
        "Minimum mean difference of two SR images of one LR image with "
        "different noise; less is penalized. 0 disables it.",
        group=_LOSSES,
        unit="gray levels",
        low=0.0,
        high=255.0,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.label_smoothing and self.adversarial_loss == "hinge":
            raise UserError("the hinge loss has no labels to smooth")

    @property
    def adversarial(self) -> bool:
        """Whether the discriminator is trained."""
        return self.adversarial_weight > 0
