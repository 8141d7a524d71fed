"""The discriminator: an image in, a real/fake logit out."""

from __future__ import annotations

from typing import Any

import keras

from gancore.network import Network, network_init

# Filters and stride of the eight convolutions, Ledig et al. 2017, figure 4.
_BLOCKS = (
    (64, 1), (64, 2), (128, 1), (128, 2),
    (256, 1), (256, 2), (512, 1), (512, 2),
)  # fmt: skip


@keras.saving.register_keras_serializable("srgan")
class Discriminator(Network):
    """Classifies images as real (HR) or fake (SR), from 16 pixels in size.

    The VGG-style discriminator of Ledig et al. 2017, figure 4, with global
    average pooling in place of flattening, so that any patch size is possible.
    Built-in layers only.

    Args:
        width: Multiplies the paper's numbers of filters and of dense units.

    Call arguments:
        high: float tensor of shape `(batch, height, width, 3)`, RGB, 0..255.

    Returns:
        Real/fake logits of shape `(batch, 1)`, positive for real.

    Reference:
        - [Ledig et al. 2017](https://arxiv.org/abs/1609.04802)
    """

    default_name = "discriminator"

    # Layers whose outputs are the default features of a perceptual loss.
    FEATURES = ("leaky1", "leaky3", "leaky5", "leaky7")

    @network_init
    def __init__(self, width: float = 1.0, **kwargs: Any) -> None:
        # === Layers and functional model ===
        high = keras.Input((None, None, 3), name="high")
        x = keras.layers.Rescaling(1 / 127.5, -1, name="to_symmetric")(high)
        for i, (filters, stride) in enumerate(_BLOCKS):
            x = keras.layers.Conv2D(
                max(1, round(filters * width)),
                3,
                strides=stride,
                padding="same",
                name=f"conv{i}",
            )(x)
            if i:
                # The generator's loss uses the moving statistics, which have
                # to converge in a short training.
                x = keras.layers.BatchNormalization(
                    momentum=0.8, name=f"norm{i}"
                )(x)
            x = keras.layers.LeakyReLU(0.2, name=f"leaky{i}")(x)
        x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
        x = keras.layers.Dense(max(1, round(1024 * width)), name="dense")(x)
        x = keras.layers.LeakyReLU(0.2, name="leaky_dense")(x)
        logit = keras.layers.Dense(1, dtype="float32", name="logit")(x)
        super().__init__(inputs=high, outputs=logit, **kwargs)

        # === Config ===
        self.width = width

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width, "name": self.name}
