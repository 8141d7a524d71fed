"""The mapping network: HR images to LR images, and LR images to output size.

The kind of bicubic downscaling matters more to the scores than the network
that upscales, and the images of the usual test sets were made by MATLAB's
`imresize`.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from srgan.data.bicubic import resize, resize_float
from srgan.data.degradation.mixed import degrade_mixed
from srgan.data.degradation.mixes import MIXES
from srgan.data.degradation.pipeline import degrade


@keras.saving.register_keras_serializable("srgan")
class MappingNetwork(keras.layers.Layer):
    """Degradation model HR -> LR, and bicubic LR -> output size.

    A call makes LR images. By default it is MATLAB's `imresize`: cubic
    convolution (Keys 1981, a = -0.5) with antialiasing, symmetric padding, and
    rounding to 8 bits after each pass, rows first. The result is byte-exact
    with the LR files of Set5 and DIV2K. For real photographs, images are also
    blurred, noised and compressed at random. The layer has no weights and
    works eagerly and in a `tf.data` graph.

    Args:
        scale: Ratio of the two resolutions, an integer from 2.
        degradation: `clean`, one of the mixes `mild` and `real` of
            `srgan.data.degradation.mixes`, or `blind`, Real-ESRGAN's
            degradation of `srgan.data.degradation.pipeline`.
        blind: Of version 0.1, the same as `degradation="blind"`.

    Call arguments:
        images: HR images, uint8 tensor of shape `(height, width, channels)`,
            0..255; if clean, also `(batch, height, width, channels)`.
        seed: int32 tensor of shape `(2,)` that seeds a random degradation; not
            for clean images.

    Returns:
        LR images, uint8 tensor; height and width are divided by the scale and
        rounded up.

    Raises:
        ValueError: If the scale is less than 2, or there is no such
            degradation.

    Examples:
        >>> mapping = MappingNetwork(4)
        >>> hr = tf.zeros((32, 50, 3), tf.uint8)
        >>> lr = mapping(hr)
        >>> tuple(lr.shape), lr.dtype.name
        ((8, 13, 3), 'uint8')

    Reference:
        - Keys, Cubic convolution interpolation for digital image processing,
          IEEE Transactions on Acoustics, Speech, and Signal Processing, 1981
    """

    def __init__(
        self,
        scale: int,
        degradation: str = "clean",
        blind: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        if scale < 2:
            raise ValueError(f"scale is {scale}, not 2 or more")
        degradation = "blind" if blind else degradation
        if degradation not in ("clean", *MIXES, "blind"):
            raise ValueError(
                f"degradation is {degradation!r}, not clean, "
                f"{', '.join(MIXES)} or blind"
            )
        self.scale = scale
        self.degradation = degradation

    @property
    def is_random(self) -> bool:
        """Whether LR images are degraded at random, from a seed."""
        return self.degradation != "clean"

    def call(self, images: Any, seed: Any = None) -> tf.Tensor:
        if self.degradation in MIXES:
            mix = MIXES[self.degradation]
            lr = degrade_mixed(images, self.scale, seed, mix)
            return tf.cast(lr, tf.uint8)
        if self.degradation == "blind":
            lr = degrade(images, self.scale, seed)
            return tf.cast(lr, tf.uint8)
        return resize(resize(images, 1 / self.scale, -3), 1 / self.scale, -2)

    def upscale(self, images: Any) -> tf.Tensor:
        """Upscales LR images to the output size, bicubically.

        Args:
            images: uint8 tensor of shape `(..., height, width, channels)`,
                0..255.

        Returns:
            uint8 tensor of `scale` times the height and width.
        """
        return resize(resize(images, self.scale, -3), self.scale, -2)

    def downscale(self, images: Any) -> tf.Tensor:
        """Downscales images bicubically, differentiably: without rounding.

        Args:
            images: float tensor of shape `(..., height, width, channels)`.

        Returns:
            float32 tensor, height and width divided by the scale and rounded
            up, 0..255 up to overshoot.
        """
        images = tf.cast(images, tf.float32)
        for axis in (-3, -2):
            images = resize_float(images, 1 / self.scale, axis)
        return images

    def get_config(self) -> dict[str, Any]:
        config = {"scale": self.scale, "degradation": self.degradation}
        return {**super().get_config(), **config}
