"""Options of the features that the perceptual loss compares."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import option
from gancore.errors import UserError

_FEATURES = "features of the perceptual loss"


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureConfig:
    """Feature network, layers and preprocessing of the perceptual loss."""

    features: str = option(
        "discriminator",
        "Feature network: discriminator, the one in training; vgg19; or an "
        ".h5 file.",
        group=_FEATURES,
        takes="FILE",
    )
    feature_layers: tuple[str, ...] = option(
        (),
        "Layers of the feature network; without it, some of the "
        "discriminator's activations, VGG19's block5_conv4, or the last "
        "convolution before each max-pooling of a file.",
        group=_FEATURES,
        takes="NAME",
    )
    feature_preprocessing: str | None = option(
        None,
        "Preprocessing that an .h5 file expects, as keras.applications names "
        "it; without it, caffe, as for VGG19.",
        group=_FEATURES,
        choices=("caffe", "torch", "tf", "none"),
        was="feature_range",
    )
    pre_activation: bool = option(
        False,
        "Take the features of vgg19 or a file before the activation.",
        group=_FEATURES,
        was="before_activation",
    )
    feature_scale: float = option(
        1.0,
        "Factor of the features, before they are compared.",
        group=_FEATURES,
        low=1e-9,
        was="feature_factor",
    )

    @property
    def uses_fixed_features(self) -> bool:
        """Whether the feature network does not change during training."""
        return self.features != "discriminator"

    def check_features(self) -> None:
        """Checks that options of other feature networks are not set.

        Raises:
            UserError: If one is set that the feature network does not use.
        """
        known = self.features in ("discriminator", "vgg19")
        if known and self.feature_preprocessing:
            raise UserError("--feature_preprocessing is for an .h5 file")
