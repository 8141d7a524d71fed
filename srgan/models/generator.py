"""The generator: SRResNet with up-sampling by deconvolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gancore.network import Network, network_init
from srgan.models.bicubic_skip import bicubic_skip

SCALES = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}
# Variance of the last convolution of a residual block, relative to Glorot's,
# if no batch normalization limits the sum of all blocks.
RESIDUAL_SCALE = 0.01
# Factor of the last convolution's output, in gray levels. The residual to
# bicubic is small, so a small factor keeps Adam's first steps small.
OUTPUT_SCALE = 16.0


@keras.saving.register_keras_serializable("srgan")
class Generator(Network):
    """Upscales images of any size from 3 pixels by a fixed scale.

    The generator of Ledig et al. 2017, figure 4 (k9n64s1, 16 residual blocks,
    k3n64s1 with a long skip, up-sampling, k9n3s1), which learns the residual
    to bicubic upscaling: its output is added to the bicubically upscaled
    input. Up-sampling is by deconvolutions that are initialized as a 3x3
    convolution and a sub-pixel shuffle of equal sub-pixels, so that training
    starts without checkerboard artifacts. Built-in layers only.

    The compact design is for a CPU. All its convolutions are 3x3 and work at
    the LR size, and one deconvolution maps the last features to pixels, so
    that the cost per output pixel falls with the scale.

    Args:
        scale: 2, 3, 4 or 8.
        blocks: Residual blocks.
        filters: Filters of every convolution but the last.
        batch_norm: Batch normalization in the residual blocks, as in the paper.
        compact: The compact design in place of the paper's.
        noise_channels: Channels of a second input, a noise map of the LR
            size; 0 for no such input.

    Call arguments:
        low: float tensor of shape `(batch, height, width, 3)`, RGB, 0..255,
            at least 3 pixels high and wide. With noise channels, a list of
            this and a standard normal tensor of shape
            `(batch, height, width, noise_channels)`.

    Returns:
        float32 tensor of `scale` times the height and width, RGB, 0..255 up
        to overshoot.

    Raises:
        ValueError: If the scale is not supported.

    Examples:
        >>> generator = Generator(scale=2, blocks=1, filters=8)
        >>> lr = np.zeros((1, 16, 24, 3))
        >>> tuple(generator(lr).shape)
        (1, 32, 48, 3)

    Reference:
        - [Ledig et al. 2017](https://arxiv.org/abs/1609.04802)
        - [Lim et al. 2017](https://arxiv.org/abs/1707.02921): residual blocks
          without normalisation
        - [Shi et al. 2016](https://arxiv.org/abs/1609.07009): a
          deconvolution equals a sub-pixel convolution
        - [Aitken et al. 2017](https://arxiv.org/abs/1707.02937): an
          initialization without checkerboard artifacts
    """

    default_name = "generator"

    @network_init
    def __init__(
        self,
        scale: int = 4,
        blocks: int = 16,
        filters: int = 64,
        batch_norm: bool = False,
        compact: bool = False,
        noise_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        if scale not in SCALES:
            raise ValueError(f"scale is {scale}, not one of {list(SCALES)}")

        # === Layers and functional model ===
        low = keras.Input((None, None, 3), name="low")
        inputs = low
        x = keras.layers.Rescaling(1 / 127.5, -1, name="to_symmetric")(low)
        if noise_channels:
            noise = keras.Input((None, None, noise_channels), name="noise")
            inputs = [low, noise]
            x = keras.layers.Concatenate(name="with_noise")([x, noise])
        activate = _leaky if compact else _prelu
        x = _conv(filters, 3 if compact else 9, "head")(x)
        x = start = activate("head")(x)
        for i in range(blocks):
            x = _residual_block(
                x, filters, batch_norm, activate, f"block{i:02d}"
            )
        x = _conv(filters, 3, "trunk")(x)
        if batch_norm:
            x = keras.layers.BatchNormalization(name="trunk_norm")(x)
        x = keras.layers.Add(name="long_skip")([x, start])
        if compact:
            tail = keras.layers.Conv2DTranspose(
                3,
                3 * scale,
                strides=scale,
                padding="same",
                kernel_initializer="zeros",
                name="tail",
            )
        else:
            for i, ratio in enumerate(SCALES[scale]):
                x = _deconvolution(x, filters, ratio, f"up{i}")
                x = _prelu(f"up{i}")(x)
            tail = _conv(3, 9, "tail", kernel_initializer="zeros")
        # The tail is zero, so that the untrained generator is bicubic.
        detail = keras.layers.Rescaling(OUTPUT_SCALE, name="to_levels")(tail(x))
        high = keras.layers.Add(name="high", dtype="float32")(
            [bicubic_skip(low, scale), detail]
        )
        super().__init__(inputs=inputs, outputs=high, **kwargs)

        # === Config ===
        self.scale = scale
        self.blocks = blocks
        self.filters = filters
        self.batch_norm = batch_norm
        self.compact = compact
        self.noise_channels = noise_channels

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "blocks": self.blocks,
            "filters": self.filters,
            "batch_norm": self.batch_norm,
            "compact": self.compact,
            "noise_channels": self.noise_channels,
            "name": self.name,
        }


def _conv(filters: int, size: int, name: str, **kwargs: Any) -> Any:
    return keras.layers.Conv2D(
        filters, size, padding="same", name=name, **kwargs
    )


def _prelu(name: str) -> Any:
    # 0.25 as in He et al. 2015, who introduced it; the paper has no number.
    # From 0, the last features would die while the tail is still near zero.
    return keras.layers.PReLU(
        alpha_initializer=keras.initializers.Constant(0.25),
        shared_axes=[1, 2],
        name=f"{name}_prelu",
    )


def _leaky(name: str) -> Any:
    # On a CPU a PReLU takes several passes over its features; this one is fused
    # with the convolution before it.
    return keras.layers.LeakyReLU(0.1, name=f"{name}_leaky")


def _residual_block(
    x: Any,
    filters: int,
    batch_norm: bool,
    activate: Callable[[str], Any],
    name: str,
) -> Any:
    y = _conv(filters, 3, f"{name}_conv1")(x)
    if batch_norm:
        y = keras.layers.BatchNormalization(name=f"{name}_norm1")(y)
    y = activate(name)(y)
    if batch_norm:
        y = _conv(filters, 3, f"{name}_conv2")(y)
        y = keras.layers.BatchNormalization(name=f"{name}_norm2")(y)
    else:
        small = keras.initializers.VarianceScaling(
            RESIDUAL_SCALE, "fan_avg", "uniform"
        )
        y = _conv(filters, 3, f"{name}_conv2", kernel_initializer=small)(y)
    return keras.layers.Add(name=f"{name}_add")([x, y])


def _deconvolution(x: Any, filters: int, ratio: int, name: str) -> Any:
    """Up-samples by a deconvolution, initialized as a sub-pixel convolution."""
    layer = keras.layers.Conv2DTranspose(
        filters, 3 * ratio, strides=ratio, padding="same", name=name
    )
    y = layer(x)
    # All sub-pixels share one 3x3 convolution at first.
    first = keras.initializers.GlorotUniform()((3, 3, x.shape[-1], filters))
    shared = np.repeat(np.asarray(first), ratio * ratio, axis=-1)
    kernel = sub_pixel_kernel(
        shared.reshape(3, 3, -1, filters, ratio**2).swapaxes(-1, -2), ratio
    )
    layer.set_weights([kernel, np.zeros(filters)])
    return y


def sub_pixel_kernel(weights: np.ndarray, ratio: int) -> np.ndarray:
    """Folds a 3x3 convolution and a sub-pixel shuffle into a deconvolution.

    Args:
        weights: Shape `(3, 3, inputs, ratio * ratio, outputs)`; the fourth
            axis is the sub-pixel in row order, as in `depth_to_space`.
        ratio: Up-sampling ratio.

    Returns:
        Kernel of a `Conv2DTranspose` of size `3 * ratio`, stride `ratio` and
        "same" padding: shape `(3 * ratio, 3 * ratio, outputs, inputs)`.
    """
    _, _, inputs, _, outputs = weights.shape
    by_sub_pixel = weights.reshape(3, 3, inputs, ratio, ratio, outputs)
    # A transposed convolution flips the kernel's offsets.
    flipped = by_sub_pixel[::-1, ::-1]
    kernel = flipped.transpose(0, 3, 1, 4, 5, 2)
    return kernel.reshape(3 * ratio, 3 * ratio, outputs, inputs)
