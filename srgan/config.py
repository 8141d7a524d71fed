"""Every option of an SRGAN training, with its unit, range and reason."""

from __future__ import annotations

import dataclasses
import math

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.training.config import DATA, OUTPUT, TRAINING, TrainingConfig
from srgan.losses.config import LossConfig
from srgan.losses.feature_config import FeatureConfig

_NETS = "networks"
SCHEDULES = (
    "constant",
    "cosine",
    "halving",
    "halving_evenly",
    "tenth_at_half",
)
# Metrics of validation, and whether more of them is better.
BEST = {"psnr": True, "ssim": True, "perceptual": False}
# A window of the SSIM, and what the U-Net halves three times.
_WINDOW, _U_NET = 11, 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(LossConfig, FeatureConfig, TrainingConfig):
    """Settings of one training; the defaults suit minutes on two CPU cores."""

    dataset: str = option(
        "div2k",
        "div2k, or a folder of images or of shards that prepare made.",
        group=DATA,
        takes="FOLDER",
    )
    data_dir: str | None = option(
        None, "Folder to read the dataset from.", group=DATA, takes="FOLDER"
    )
    validation_dir: str | None = option(
        None,
        "Folder of images to validate on, in place of a share.",
        group=DATA,
        takes="FOLDER",
    )
    skip_bad_shards: bool = option(
        False, "Learn on without shards that are damaged.", group=DATA
    )
    scale: int = option(
        4, "How much larger the output is.", group=DATA, choices=(2, 3, 4, 8)
    )
    degradation: str = option(
        "bicubic",
        "How low-resolution images come about: as the field's tests have it, "
        "or blurred, noisy and compressed at random as real ones are.",
        group=DATA,
        choices=("bicubic", "blind"),
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
    init_from: str | None = option(
        None,
        "Model the generator begins as, a file or a shipped one's name; "
        "what follows the first layer that differs begins anew.",
        group=_NETS,
        takes="FILE",
        was="init",
    )
    blocks: int = option(
        8, "Residual blocks.", group=_NETS, unit="blocks", low=1, high=1_000
    )
    filters: int = option(
        48,
        "Width of the generator.",
        group=_NETS,
        unit="filters",
        low=1,
        high=4_096,
    )
    batch_norm: bool = option(
        False, "Batch normalisation in the generator.", group=_NETS
    )
    compact: bool = option(
        True,
        "All of the generator at low resolution, with one deconvolution.",
        group=_NETS,
    )
    noise_channels: int = option(
        0,
        "Channels of a noise map beside the low-resolution image.",
        group=_NETS,
        unit="channels",
        low=0,
        high=256,
    )
    discriminator: str = option(
        "vgg",
        "The paper's discriminator of images, or a U-Net's of pixels.",
        group=_NETS,
        choices=("vgg", "unet"),
    )
    discriminator_width: float = option(
        0.5,
        "Width of the discriminator against its paper's.",
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
        60, "Steps in an epoch.", group=TRAINING, unit="steps", low=1
    )
    pixel_epochs: int = option(
        10, "Epochs of pixel loss alone.", group=TRAINING, unit="epochs", low=0
    )
    adversarial_epochs: int = option(
        2,
        "Epochs with the discriminator.",
        group=TRAINING,
        unit="epochs",
        low=0,
    )
    learning_rate: float = option(
        1e-3,
        "Adam's largest step in the pixel stage.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    schedule: str = option(
        "cosine",
        "How that rate falls.",
        group=TRAINING,
        choices=SCHEDULES,
    )
    warmup_steps: int = option(
        40,
        "Steps in which a cosine rises to its largest rate.",
        group=TRAINING,
        unit="steps",
        low=0,
    )
    adversarial_learning_rate: float = option(
        1e-4,
        "Adam's largest step of both networks in the adversarial stage.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    adversarial_schedule: str = option(
        "constant",
        "How that rate falls.",
        group=TRAINING,
        choices=SCHEDULES,
    )
    clip_norm: float = option(
        0.05,
        "Longest gradient of the generator; longer ones are shortened to it; "
        "0 for no limit.",
        group=TRAINING,
        low=0.0,
    )
    monitor: str = option(
        "psnr",
        "Validation metric by which best.h5 is kept, over all stages.",
        group=OUTPUT,
        choices=tuple(BEST),
        was="keep_best",
    )
    preview_epochs: int = option(
        5,
        "Epochs between two figures of validation images; 0 for none.",
        group=OUTPUT,
        unit="epochs",
        low=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_extras()
        for name, least in (
            # The PSNR leaves out a border of `scale` pixels on each side.
            ("patch_size", 3 * self.scale),
            ("validation_size", self.least_scored),
        ):
            self._check_size(name, least)
        if not self.pixel_epochs + self.adversarial_epochs:
            raise UserError(
                "--pixel_epochs and --adversarial_epochs are both 0"
            )
        self._check_adversarial_stage()
        self.check_features()
        if self.monitor == "perceptual" and not self.seen_by_another:
            raise UserError(
                "--monitor perceptual takes --features of a network that "
                "does not change: vgg19 or an .h5 file"
            )
        if self.diversity and not self.noise_channels:
            raise UserError("--diversity takes --noise_channels")
        if self.consistency_weight and self.degradation == "blind":
            raise UserError(
                "--consistency_weight compares with images made small by "
                "bicubic, which those of --degradation blind are not"
            )

    @property
    def size_step(self) -> int:
        """What the size of a high-resolution image must be a multiple of."""
        discriminator = _U_NET if self.discriminator == "unet" else 1
        return math.lcm(self.scale, discriminator)

    @property
    def least_scored(self) -> int:
        """Least size of a validation image, so that an SSIM can be told."""
        least = 2 * self.scale + _WINDOW
        return -(-least // self.size_step) * self.size_step

    def _check_size(self, name: str, least: int) -> None:
        size = getattr(self, name)
        if size < least:
            raise UserError(f"--{name} is {size}, less than {least}")
        if size % self.size_step:
            discriminator = (
                ", for the U-Net" if self.size_step > self.scale else ""
            )
            fits = max(least, size // self.size_step * self.size_step)
            raise UserError(
                f"--{name} is {size}, not a multiple of {self.size_step} as "
                f"--scale {self.scale} takes{discriminator}; try {fits}"
            )

    def _check_adversarial_stage(self) -> None:
        """Refuses options of a stage, or of a discriminator, that has no part."""
        scored = self.adversarial_epochs > 0 and self.adversarial
        for name in (
            "adversarial_warmup_steps",
            "label_smoothing",
            "r1_weight",
        ):
            if getattr(self, name) and not scored:
                raise UserError(
                    f"--{name} is of a discriminator that has no part"
                )
        content = self.adversarial_epochs > 0 and self.perceptual_weight > 0
        if self.feature_layers and not (content or self.seen_by_another):
            raise UserError("--feature_layers takes a content loss")
        if not self.adversarial_epochs or self.adversarial:
            return
        if not self.perceptual_weight:
            raise UserError(
                "--adversarial_weight and --perceptual_weight are both 0 in an "
                "adversarial stage"
            )
        if not self.seen_by_another:
            raise UserError(
                "without --adversarial_weight the discriminator learns no "
                "features to compare; give --features"
            )
