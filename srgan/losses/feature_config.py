"""The options of what the content loss sees with."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import option
from gancore.errors import UserError

_FEATURES = "features of the content loss"


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureConfig:
    """Which features are compared, and how they are taken."""

    features: str = option(
        "discriminator",
        "Whose features: the discriminator's own, vgg19, or an .h5 file.",
        group=_FEATURES,
        takes="FILE",
    )
    feature_layers: tuple[str, ...] = option(
        (),
        "Names of its layers; none for the discriminator's choice, VGG19's "
        "block5_conv4, or a file's last convolution before each max-pooling.",
        group=_FEATURES,
        takes="NAME",
    )
    feature_preprocessing: str | None = option(
        None,
        "Pixels a file expects, in the words of keras.applications; none is "
        "caffe, which VGG19 expects.",
        group=_FEATURES,
        choices=("caffe", "torch", "tf", "none"),
        was="feature_range",
    )
    pre_activation: bool = option(
        False,
        "Take convolutions of vgg19 or a file before their activation.",
        group=_FEATURES,
        was="before_activation",
    )
    feature_scale: float = option(
        1.0,
        "Multiplies the features.",
        group=_FEATURES,
        low=1e-9,
        was="feature_factor",
    )

    @property
    def seen_by_another(self) -> bool:
        """Whether they are of a network that does not change in training."""
        return self.features != "discriminator"

    def check_features(self) -> None:
        """Checks that options of other networks were left alone.

        Raises:
            UserError: If one was given that the network has no use for.
        """
        known = self.features in ("discriminator", "vgg19")
        if known and self.feature_preprocessing:
            raise UserError("--feature_preprocessing is for an .h5 file")
