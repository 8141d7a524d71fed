"""Every knob of an SRGAN training, with its unit, range and reason."""

from __future__ import annotations

import dataclasses

from adversarial.command_line import option
from adversarial.messages import UserError
from adversarial.options import DATA, OUTPUT, TRAINING, TrainingOptions
from srgan.objective import Objective

_NETS = "networks"
_FEATURES = "features of the content loss"
SCHEDULES = ("constant", "cosine", "halving", "tenth_at_half")
# Metrics of validation, and whether more of them is better.
BEST = {"psnr": True, "ssim": True, "perceptual": False, "loss": False}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(Objective, TrainingOptions):
    """Settings of one training; the defaults suit minutes on two CPU cores."""

    dataset: str = option("div2k", "div2k, or a folder of images.", group=DATA)
    data_dir: str | None = option(
        None, "Folder to read the dataset from.", group=DATA
    )
    validation_dir: str | None = option(
        None,
        "Folder of images to validate on, in place of a share.",
        group=DATA,
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
    init: str | None = option(
        None,
        "Model the generator begins as, a file or a shipped one's name; "
        "layers of other shapes begin anew.",
        group=_NETS,
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
        "The paper's judge of pictures, or a U-Net's of pixels.",
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
        2, "Epochs with the judge.", group=TRAINING, unit="epochs", low=0
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
    clip_norm: float | None = option(
        0.05,
        "Longest gradient of the generator; longer ones are shortened to it.",
        group=TRAINING,
        low=1e-6,
    )
    features: str = option(
        "discriminator",
        "Whose features: the discriminator's own, vgg19, or an .h5 file.",
        group=_FEATURES,
    )
    feature_layers: tuple[str, ...] = option(
        (),
        "Names of its layers; none for the discriminator's choice, VGG19's "
        "block5_conv4, or a file's last.",
        group=_FEATURES,
    )
    feature_range: str = option(
        "caffe",
        "Pixels vgg19 or a file expects, in the words of keras.applications.",
        group=_FEATURES,
        choices=("caffe", "torch", "tf", "none"),
    )
    before_activation: bool = option(
        False, "Take its convolutions before their activation.", group=_FEATURES
    )
    feature_factor: float = option(
        1.0, "Multiplies the features.", group=_FEATURES, low=0.0
    )
    keep_best: str = option(
        "psnr",
        "Validation metric by which best.h5 is kept.",
        group=OUTPUT,
        choices=tuple(BEST),
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
        if self.keep_best == "perceptual" and self.features == "discriminator":
            raise UserError(
                "--keep_best perceptual takes --features of a network that "
                "does not change: vgg19 or an .h5 file"
            )
        if self.diversity and not self.noise_channels:
            raise UserError("--diversity takes --noise_channels")
