"""The U-Net discriminator: an image in, a real/fake logit per pixel out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from gancore.network import Network, network_init

# At full resolution.
FILTERS = 64


@keras.saving.register_keras_serializable("srgan")
class UNetDiscriminator(Network):
    """Classifies each pixel as of a real (HR) or a fake (SR) image.

    The discriminator of Wang et al. 2021 (Real-ESRGAN), section 3.4: a U-Net
    with skips and spectral normalization in all layers but the first and the
    last. Built-in layers only.

    Args:
        width: Multiplies the number of filters, 64 at full resolution.

    Call arguments:
        high: float tensor of shape `(batch, height, width, 3)`, RGB, 0..255,
            height and width multiples of 8. A call with `training=True` also
            updates the estimates of the spectral norms.

    Returns:
        Real/fake logits of shape `(batch, height, width, 1)`, positive for
        real.

    Reference:
        - [Wang et al. 2021](https://arxiv.org/abs/2107.10833)
        - [Schönfeld et al. 2020](https://arxiv.org/abs/2002.12655)
        - [Miyato et al. 2018](https://arxiv.org/abs/1802.05957)
    """

    default_name = "discriminator"

    # Layers whose outputs are the default features of a perceptual loss.
    FEATURES = ("leaky1", "leaky2", "leaky3")

    @network_init
    def __init__(self, width: float = 1.0, **kwargs: Any) -> None:
        # === Layers and functional model ===
        high, logits = _unet(width, _normalized)
        super().__init__(inputs=high, outputs=logits, **kwargs)

        # === Config ===
        self.width = width

    def plain_graph(self) -> keras.Model:
        """Returns the network without spectral normalization layers.

        Their kernels are already normalized, and stay so unless trained. Keras
        before 3.1 cannot load or train the normalization layers.

        Returns:
            Functional model with weights of its own.
        """
        graph = keras.Model(
            *_unet(self.width, _convolution), name=self.name_in_files
        )
        for layer in graph.layers:
            inner = getattr(self.get_layer(layer.name), "layer", None)
            source = inner or self.get_layer(layer.name)
            layer.set_weights(source.get_weights())
        return graph

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width, "name": self.name}


def _unet(width: float, convolve: Callable[..., Any]) -> tuple[Any, Any]:
    """Builds the graph; `convolve` makes the inner convolutions."""
    base = max(1, round(FILTERS * width))
    high = keras.Input((None, None, 3), name="high")
    x = keras.layers.Rescaling(1 / 127.5, -1, name="to_symmetric")(high)
    x = keras.layers.Conv2D(base, 3, padding="same", name="conv0")(x)
    x = _leaky(x, 0)
    skips = []
    for i in (1, 2, 3):
        skips.append(x)
        x = _leaky(convolve(x, base * 2**i, i, size=4, strides=2), i)
    for i in (4, 5, 6):
        x = keras.layers.UpSampling2D(interpolation="bilinear", name=f"up{i}")(
            x
        )
        x = _leaky(convolve(x, base * 2 ** (6 - i), i), i)
        x = keras.layers.Add(name=f"skip{i}")([x, skips.pop()])
    for i in (7, 8):
        x = _leaky(convolve(x, base, i), i)
    logits = keras.layers.Conv2D(
        1, 3, padding="same", dtype="float32", name="logits"
    )(x)
    return high, logits


def _leaky(x: Any, number: int) -> Any:
    return keras.layers.LeakyReLU(0.2, name=f"leaky{number}")(x)


def _normalized(x: Any, filters: int, number: int, **size: int) -> Any:
    # It assigns the kernel, which stays float32 in mixed precision.
    return keras.layers.SpectralNormalization(
        _layer(filters, f"conv{number}", **size),
        dtype="float32",
        name=f"norm{number}",
    )(x)


def _convolution(x: Any, filters: int, number: int, **size: int) -> Any:
    return _layer(filters, f"norm{number}", **size)(x)


def _layer(
    filters: int, name: str, size: int = 3, strides: int = 1
) -> keras.Layer:
    return keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        name=name,
    )
