"""Options that `evaluate` and `benchmark` share."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.training.config import DATA, OUTPUT

_SCORES = "scores"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoringOptions:
    """Base of the options of `evaluate` and `benchmark`."""

    data: tuple[str, ...] = option(
        (),
        "Folders of HR images, one per test set; without it, every folder in "
        "datasets/benchmark.",
        group=DATA,
        takes="FOLDER",
    )
    every: int = option(
        1,
        "Score every N-th image of each set, in the order of their names.",
        group=DATA,
        unit="images",
        low=1,
    )
    features: str | None = option(
        None,
        "Feature network of the perceptual distance: vgg19, or an .h5 file; "
        "without it, that distance is not computed.",
        group=_SCORES,
        takes="FILE",
    )
    feature_layers: tuple[str, ...] = option(
        (),
        "Layers of the feature network over which the distance is averaged; "
        "without it, the last convolution at each resolution.",
        group=_SCORES,
        takes="NAME",
    )
    feature_preprocessing: str | None = option(
        None,
        "Preprocessing that an .h5 file expects, as keras.applications names "
        "it; without it, caffe, as for VGG19.",
        group=_SCORES,
        choices=("caffe", "torch", "tf", "none"),
        was="feature_range",
    )
    self_ensemble: bool = option(
        False,
        "Average the outputs for the eight flips and turns of each image. Not "
        "for GAN models.",
        group=_SCORES,
    )
    overwrite: bool = option(False, "Replace existing files.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.feature_layers and not self.features:
            raise UserError("--feature_layers takes --features")
        if self.feature_preprocessing and self.features in (None, "vgg19"):
            raise UserError(
                "--feature_preprocessing takes --features of an .h5 file"
            )
