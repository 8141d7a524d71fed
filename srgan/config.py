"""Every knob of an SRGAN training, with its unit, range and reason."""

from __future__ import annotations

import dataclasses

from adversarial.command_line import option
from adversarial.messages import UserError
from adversarial.options import DATA, TRAINING, TrainingOptions

_NETS = "networks"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(TrainingOptions):
    """Settings of one training; the defaults suit minutes on two CPU cores."""

    dataset: str = option("div2k", "div2k, or a folder of images.", group=DATA)
    data_dir: str | None = option(
        None, "Folder to read the dataset from.", group=DATA
    )
    scale: int = option(
        4, "How much larger the output is.", group=DATA, choices=(2, 3, 4, 8)
    )
    patch_size: int = option(
        96,
        "Size of a high-resolution patch, a multiple of the scale.",
        group=DATA,
        unit="pixels",
        low=16,
    )
    validation_size: int = option(
        192,
        "Size of the centre of each validation image that is scored.",
        group=DATA,
        unit="pixels",
        low=16,
    )
    blocks: int = option(
        16,
        "Residual blocks.",
        group=_NETS,
        unit="blocks",
        low=1,
        high=1_000,
    )
    filters: int = option(
        64,
        "Width of the generator.",
        group=_NETS,
        unit="filters",
        low=1,
        high=4_096,
    )
    batch_norm: bool = option(
        False, "Batch normalisation in the generator.", group=_NETS
    )
    discriminator_width: float = option(
        0.5,
        "Width of the discriminator against the paper's.",
        group=_NETS,
        low=0.01,
        high=16.0,
    )
    batch_size: int = option(
        8,
        "Patches in a step.",
        group=TRAINING,
        unit="patches",
        low=1,
        high=100_000,
    )
    steps_per_epoch: int = option(
        40, "Steps in an epoch.", group=TRAINING, unit="steps", low=1
    )
    pixel_epochs: int = option(
        6, "Epochs of pixel loss.", group=TRAINING, unit="epochs", low=0
    )
    adversarial_epochs: int = option(
        2, "Epochs with the judge.", group=TRAINING, unit="epochs", low=0
    )
    learning_rate: float = option(
        5e-4,
        "Adam's largest step in the pixel stage, which then falls to 0 along "
        "a cosine.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    warmup_steps: int = option(
        40,
        "Steps in which the pixel stage's rate rises to its largest.",
        group=TRAINING,
        unit="steps",
        low=0,
    )
    clip_norm: float = option(
        10.0,
        "Longest gradient of a network; longer ones are shortened to it.",
        group=TRAINING,
        low=1e-6,
    )
    adversarial_learning_rate: float = option(
        1e-4,
        "Adam's step of both networks in the adversarial stage.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    adversarial_weight: float = option(
        0.5,
        "Weight of the adversarial loss.",
        group=TRAINING,
        unit="grey levels per nat",
        low=0.0,
        high=1e6,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("patch_size", "validation_size"):
            # The PSNR leaves out a border of `scale` pixels on each side.
            if getattr(self, name) < 3 * self.scale:
                raise UserError(
                    f"--{name} is {getattr(self, name)}, less than 3 times "
                    f"--scale {self.scale}"
                )
            if getattr(self, name) % self.scale:
                raise UserError(
                    f"--{name} is {getattr(self, name)}, not a multiple of "
                    f"--scale {self.scale}"
                )
        if not self.pixel_epochs + self.adversarial_epochs:
            raise UserError(
                "--pixel_epochs and --adversarial_epochs are both 0"
            )
        if self.adversarial_epochs and not self.adversarial_weight:
            raise UserError("--adversarial_weight is 0 in an adversarial stage")
