"""The U-Net discriminator: a picture in, a real/fake logit for each pixel."""

from __future__ import annotations

from typing import Any

import keras


class UNetDiscriminator(keras.Model):
    """Tells photographs from enlargements pixel by pixel.

    The discriminator of Wang et al. 2021 (Real-ESRGAN), section 3.4: a U-Net
    with skips and spectral normalisation in all layers but the first and the
    last. Built-in layers only.

    Args:
        width: Multiplies the number of filters, 64 at full resolution.

    Call arguments:
        high: float tensor of shape `(batch, height, width, 3)`, RGB, 0..255,
            height and width multiples of 8. A call with `training=True` also
            moves the estimate of the spectral norms.

    Returns:
        Real/fake logits of shape `(batch, height, width, 1)`, positive for
        real.

    Reference:
        - [Wang et al. 2021](https://arxiv.org/abs/2107.10833)
        - [Schönfeld et al. 2020](https://arxiv.org/abs/2002.12655)
        - [Miyato et al. 2018](https://arxiv.org/abs/1802.05957)
    """

    # Layers whose outputs make good features for a content loss.
    FEATURES = ("leaky1", "leaky2", "leaky3")

    def __init__(self, width: float = 1.0, **kwargs: Any) -> None:
        # === Layers and functional model ===
        base = max(1, round(64 * width))
        high = keras.Input((None, None, 3), name="high")
        x = keras.layers.Rescaling(1 / 127.5, -1, name="to_symmetric")(high)
        x = keras.layers.Conv2D(base, 3, padding="same", name="conv0")(x)
        x = keras.layers.LeakyReLU(0.2, name="leaky0")(x)
        skips = []
        for i in (1, 2, 3):
            skips.append(x)
            x = _normalised(x, base * 2**i, f"{i}", size=4, stride=2)
        for i in (4, 5, 6):
            x = keras.layers.UpSampling2D(
                interpolation="bilinear", name=f"up{i}"
            )(x)
            x = _normalised(x, base * 2 ** (6 - i), f"{i}")
            x = keras.layers.Add(name=f"skip{i}")([x, skips.pop()])
        for i in (7, 8):
            x = _normalised(x, base, f"{i}")
        logits = keras.layers.Conv2D(
            1, 3, padding="same", dtype="float32", name="logits"
        )(x)
        kwargs.setdefault("name", "discriminator")
        super().__init__(inputs=high, outputs=logits, **kwargs)

        # === Config ===
        self.width = width

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width, "name": self.name}


def _normalised(
    x: Any, filters: int, name: str, size: int = 3, stride: int = 1
) -> Any:
    convolution = keras.layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        name=f"conv{name}",
    )
    # It writes the kernel, which has to stay float32 whatever else computes in.
    x = keras.layers.SpectralNormalization(
        convolution, dtype="float32", name=f"norm{name}"
    )(x)
    return keras.layers.LeakyReLU(0.2, name=f"leaky{name}")(x)
