"""What the two networks of an SRGAN descend in a stage of training."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError

_LOSSES = "losses (the pixel stage has no content and no adversarial one)"
DISTANCES = ("l1", "mse")
ADVERSARIAL = ("vanilla", "relativistic", "hinge", "least_squares")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Kinds and weights of the terms of both losses.

    Where the adversarial weight is 0 the discriminator rests.

    Raises:
        UserError: If a value is out of its range or makes no sense.
    """

    pixel_loss: str = option(
        "l1",
        "Error of pixels in 0..1.",
        group=_LOSSES,
        choices=DISTANCES,
    )
    pixel_weight: float = option(
        1.0,
        "Weight of the pixel loss in the adversarial stage.",
        group=_LOSSES,
        low=0.0,
    )
    content_loss: str = option(
        "l1", "Error of features.", group=_LOSSES, choices=DISTANCES
    )
    perceptual_weight: float = option(
        0.02,
        "Weight of the content loss.",
        group=_LOSSES,
        low=0.0,
        was="content_weight",
    )
    adversarial_loss: str = option(
        "vanilla",
        "Kind of the adversarial losses.",
        group=_LOSSES,
        choices=ADVERSARIAL,
    )
    adversarial_weight: float = option(
        2e-3, "Weight of the adversarial loss.", group=_LOSSES, low=0.0
    )
    adversarial_warmup_steps: int = option(
        0,
        "Steps in which the adversarial weight rises from 0.",
        group=_LOSSES,
        unit="steps",
        low=0,
        was="ramp_steps",
    )
    label_smoothing: float = option(
        0.0,
        "By how much the discriminator's target for real is below 1.",
        group=_LOSSES,
        low=0.0,
        high=0.5,
    )
    r1_weight: float = option(
        0.0,
        "Weight of the discriminator's gradient penalty.",
        group=_LOSSES,
        low=0.0,
    )
    consistency_weight: float = option(
        0.0,
        "Weight of the L1 distance, in 0..1, between the upscaling scaled "
        "down again and its input.",
        group=_LOSSES,
        low=0.0,
    )
    diversity: float = option(
        0.0,
        "Mean difference to reach between two upscaled images of one image from "
        "different noise.",
        group=_LOSSES,
        unit="grey levels",
        low=0.0,
        high=255.0,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.label_smoothing and self.adversarial_loss == "hinge":
            raise UserError("the hinge loss has no label to smooth")

    @property
    def adversarial(self) -> bool:
        """Whether the discriminator takes part."""
        return self.adversarial_weight > 0
