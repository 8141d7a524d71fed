"""The configuration of an SRGAN training: options, units and ranges."""

from __future__ import annotations

import dataclasses
import math

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.training.config import DATA, OUTPUT, TRAINING, TrainingConfig
from srgan.losses.config import LossConfig
from srgan.losses.feature_config import FeatureConfig

_NETWORKS = "networks"
SCHEDULES = (
    "constant",
    "cosine",
    "halving",
    "halving_evenly",
    "tenth_at_half",
)
# Validation metric -> whether a higher value is better.
HIGHER_IS_BETTER = {"psnr": True, "ssim": True, "perceptual": False}
# Side of the SSIM window, and the total stride of the U-Net, in pixels.
_SSIM_WINDOW, _UNET_STRIDE = 11, 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(FeatureConfig, TrainingConfig):
    """Options of one training; the defaults take minutes on two CPU cores."""

    losses: LossConfig = dataclasses.field(default_factory=LossConfig)

    dataset: str = option(
        "div2k",
        "div2k (until it is downloaded, generated images), a folder of "
        "images, or a folder of shards written by prepare.",
        group=DATA,
        takes="FOLDER",
    )
    data_dir: str | None = option(
        None,
        "Folder to read the dataset from; without it, datasets/ in the "
        "working directory.",
        group=DATA,
        takes="FOLDER",
    )
    validation_dir: str | None = option(
        None,
        "Folder of validation images, in place of a random split.",
        group=DATA,
        takes="FOLDER",
    )
    skip_bad_shards: bool = option(
        False,
        "Skip corrupt shards; otherwise they stop the training.",
        group=DATA,
    )
    scale: int = option(
        4, "Upscaling factor.", group=DATA, choices=(2, 3, 4, 8)
    )
    degradation: str = option(
        "clean",
        "How LR images are made: clean, by MATLAB's bicubic, as in the usual "
        "test sets; mild, with light blur, noise and JPEG in most patches; "
        "real, with more of each; or blind, with all of it twice, as in "
        "Real-ESRGAN.",
        group=DATA,
        choices=("clean", "mild", "real", "blind"),
        values_were={"bicubic": "clean"},
    )
    patch_size: int = option(
        96,
        "Side of an HR training patch, a multiple of the scale.",
        group=DATA,
        unit="pixels",
        low=16,
    )
    validation_size: int = option(
        192,
        "Side of the center crop of each validation image that is scored.",
        group=DATA,
        unit="pixels",
        low=16,
    )
    init_from: str | None = option(
        None,
        "Model to warm-start the generator from: name of pretrained weights, "
        "or an .h5 file. The first layer that differs and all after it are "
        "re-initialized.",
        group=_NETWORKS,
        takes="FILE",
        was="init",
    )
    blocks: int = option(
        8,
        "Residual blocks of the generator.",
        group=_NETWORKS,
        unit="blocks",
        low=1,
        high=1_000,
    )
    filters: int = option(
        48,
        "Filters of the generator's convolutions.",
        group=_NETWORKS,
        unit="filters",
        low=1,
        high=4_096,
    )
    batch_norm: bool = option(
        False, "Batch normalization in the generator.", group=_NETWORKS
    )
    compact: bool = option(
        True,
        "Run all convolutions at LR resolution, with one transposed "
        "convolution at the end.",
        group=_NETWORKS,
    )
    noise_channels: int = option(
        0,
        "Channels of a noise map, a second input of the generator; 0 for none.",
        group=_NETWORKS,
        unit="channels",
        low=0,
        high=256,
    )
    discriminator: str = option(
        "vgg",
        "Discriminator: vgg, as in Ledig et al. 2017, or unet, with a logit "
        "per pixel, as in Real-ESRGAN.",
        group=_NETWORKS,
        choices=("vgg", "unet"),
    )
    discriminator_width: float = option(
        0.5,
        "Factor of the discriminator's filters; 1 for those of its paper.",
        group=_NETWORKS,
        low=0.01,
        high=16.0,
    )
    batch_size: int = option(
        8,
        "Patches per training step.",
        group=TRAINING,
        unit="patches",
        low=1,
        high=100_000,
    )
    steps_per_epoch: int = option(
        60, "Training steps per epoch.", group=TRAINING, unit="steps", low=1
    )
    pixel_epochs: int = option(
        10,
        "Epochs of pre-training with the pixel loss alone.",
        group=TRAINING,
        unit="epochs",
        low=0,
    )
    adversarial_epochs: int = option(
        2,
        "Epochs of fine-tuning against the discriminator.",
        group=TRAINING,
        unit="epochs",
        low=0,
    )
    learning_rate: float = option(
        1e-3,
        "Peak learning rate of the pixel stage (Adam).",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    schedule: str = option(
        "cosine",
        "Learning-rate schedule of the pixel stage: cosine decays to 0; "
        "halving halves after 1/8, 1/4, 1/2 and 3/4 of the steps, "
        "halving_evenly after each fifth; tenth_at_half divides by 10 after "
        "half of them.",
        group=TRAINING,
        choices=SCHEDULES,
    )
    warmup_steps: int = option(
        40,
        "Steps of linear warm-up before a cosine schedule.",
        group=TRAINING,
        unit="steps",
        low=0,
    )
    adversarial_learning_rate: float = option(
        1e-4,
        "Peak learning rate of both networks in the adversarial stage (Adam).",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    adversarial_schedule: str = option(
        "constant",
        "Learning-rate schedule of the adversarial stage, as for --schedule.",
        group=TRAINING,
        choices=SCHEDULES,
    )
    clip_norm: float = option(
        0.05,
        "Clips the generator's gradients to this global norm; 0 disables it.",
        group=TRAINING,
        low=0.0,
    )
    monitor: str = option(
        "psnr",
        "Validation metric by which best.h5 is chosen, over all stages.",
        group=OUTPUT,
        choices=tuple(HIGHER_IS_BETTER),
        was="keep_best",
    )
    preview_epochs: int = option(
        5,
        "Epochs between figures of validation images; 0 disables them.",
        group=OUTPUT,
        unit="epochs",
        low=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_extras()
        for name, least in (
            # The PSNR excludes a border of `scale` pixels on each side.
            ("patch_size", 3 * self.scale),
            ("validation_size", self.min_validation_size),
        ):
            self._check_size(name, least)
        if not self.pixel_epochs + self.adversarial_epochs:
            raise UserError(
                "--pixel_epochs and --adversarial_epochs are both 0"
            )
        self._check_adversarial_stage()
        self.check_features()
        if self.monitor == "perceptual" and not self.uses_fixed_features:
            raise UserError(
                "--monitor perceptual takes --features of a fixed network: "
                "vgg19 or an .h5 file"
            )
        if self.losses.diversity and not self.noise_channels:
            raise UserError("--diversity takes --noise_channels")
        if self.losses.consistency_weight and self.degradation != "clean":
            raise UserError(
                "--consistency_weight assumes bicubic LR images, unlike those "
                f"of --degradation {self.degradation}"
            )

    @property
    def size_multiple(self) -> int:
        """Number of which every HR size is a multiple, in pixels."""
        stride = _UNET_STRIDE if self.discriminator == "unet" else 1
        return math.lcm(self.scale, stride)

    @property
    def min_validation_size(self) -> int:
        """Least side of a validation image, so that the SSIM is defined."""
        least = 2 * self.scale + _SSIM_WINDOW
        return -(-least // self.size_multiple) * self.size_multiple

    def _check_size(self, name: str, least: int) -> None:
        size, multiple = getattr(self, name), self.size_multiple
        if size < least:
            raise UserError(f"--{name} is {size}, less than {least}")
        if size % multiple:
            unet = multiple > self.scale
            reason = ", for the U-Net" if unet else ""
            fits = max(least, size // multiple * multiple)
            raise UserError(
                f"--{name} is {size}, not a multiple of {multiple} as "
                f"--scale {self.scale} takes{reason}; try {fits}"
            )

    def _check_adversarial_stage(self) -> None:
        """Checks that no option is of a stage or network without training."""
        losses = self.losses
        has_discriminator = self.adversarial_epochs > 0 and losses.adversarial
        for name in (
            "adversarial_warmup_steps",
            "label_smoothing",
            "r1_weight",
        ):
            if getattr(losses, name) and not has_discriminator:
                raise UserError(
                    f"--{name} has no effect where no discriminator is trained"
                )
        perceptual = (
            self.adversarial_epochs > 0 and losses.perceptual_weight > 0
        )
        if self.feature_layers and not (perceptual or self.uses_fixed_features):
            raise UserError("--feature_layers takes a perceptual loss")
        if not self.adversarial_epochs or losses.adversarial:
            return
        if not losses.perceptual_weight:
            raise UserError(
                "--adversarial_weight and --perceptual_weight are both 0 in an "
                "adversarial stage"
            )
        if not self.uses_fixed_features:
            raise UserError(
                "without --adversarial_weight the discriminator learns no "
                "features; give --features vgg19 or an .h5 file"
            )
