"""Convolutions of rows that arrive in bands, and deconvolutions as such."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from srgan.inference.folding import (
    convolve_in_blocks,
    folded_weights,
    has_few_filters,
    is_float32_channels_last,
)

layers = keras.layers


class NotStreamable(Exception):
    """A network cannot take an image in bands; the message says why."""


class RowConvolution:
    """A convolution or deconvolution that is given the rows it needs.

    A deconvolution of stride `s` is computed as a sub-pixel convolution: one
    with `s` x `s` times as many output channels and a shuffle (Shi et al.
    2016). Without a GPU, a large kernel with few output channels computes
    blocks of pixels, as in `FoldedModel`.

    Args:
        layer: `Conv2D` of stride 1 or `Conv2DTranspose`, with "same" padding.
        norm: Batch normalization of its output that is folded into it.

    Attributes:
        before: Rows it takes above that of an output row.
        after: Rows below it.
        ratio: Rows and columns of the output per row and column of the input.

    Raises:
        NotStreamable: If the layer has other settings.
    """

    def __init__(self, layer: Any, norm: Any = None) -> None:
        self._layer, self._norm = layer, norm
        self._transposed = isinstance(layer, layers.Conv2DTranspose)
        strides, dilation = layer.strides, layer.dilation_rate
        if (
            (layer.padding != "same" and set(layer.kernel_size) != {1})
            or not is_float32_channels_last(layer)
            or getattr(layer, "groups", 1) != 1
            or (set(dilation) if self._transposed else set(strides)) != {1}
            or getattr(layer, "output_padding", None) is not None
        ):
            raise NotStreamable(
                f"layer {layer.name!r} ({type(layer).__name__}) has other "
                'padding than "same", strides, groups or dilation'
            )
        self.ratio: tuple[int, int] = strides if self._transposed else (1, 1)
        taps = list(zip(layer.kernel_size, strides, dilation, strict=True))
        if self._transposed:
            sides = [_sub_pixel_taps(size, stride) for size, stride, _ in taps]
        else:
            spans = [(size - 1) * step for size, _, step in taps]
            sides = [(span // 2, span - span // 2) for span in spans]
        (self.before, self.after), self._columns = sides
        self._in_blocks = (
            not self._transposed
            and has_few_filters(layer)
            and not tf.config.list_physical_devices("GPU")
        )

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Computes the output of the inner rows of `x`.

        Args:
            x: Shape `(batch, before + rows + after, width, channels)`, with
                zeros in place of rows outside of the image.

        Returns:
            Shape `(batch, ratio[0] * rows, ratio[1] * width, filters)`.
        """
        kernel, bias = folded_weights(self._layer, self._norm)
        if self._transposed:
            kernel = _sub_pixel_kernel(kernel, self._layer.strides)
        padding = [[0, 0], [0, 0], list(self._columns), [0, 0]]
        if self._in_blocks:
            y = convolve_in_blocks(x, kernel, padding)
        else:
            y = tf.nn.conv2d(
                x,
                kernel,
                1,
                padding,
                dilations=(
                    1 if self._transposed else self._layer.dilation_rate
                ),
            )
        if bias is not None:
            # Unlike a sum, this is computed together with the convolution.
            y = tf.nn.bias_add(
                y, tf.tile(bias, [self.ratio[0] * self.ratio[1]])
            )
        y = self._layer.activation(y)
        return _shuffle(y, self.ratio) if self._transposed else y


def _sub_pixel_taps(size: int, stride: int) -> tuple[int, int]:
    """Returns how many pixels before and after one its sub-pixels need."""
    cropped = max(size - stride, 0) // 2
    return (
        max((size - 1 - cropped) // stride, 0),
        (stride - 1 + cropped) // stride,
    )


def _sub_pixel_kernel(kernel: tf.Tensor, strides: tuple[int, int]) -> tf.Tensor:
    """Rearranges the kernel of a deconvolution for a sub-pixel convolution.

    Args:
        kernel: Shape `(height, width, filters, channels)`.
        strides: Sub-pixels along rows and columns.

    Returns:
        Shape `(rows, columns, channels, sub-pixels * filters)`.
    """
    height, width, filters, channels = kernel.shape
    padding, counts = [], []
    for size, stride in zip((height, width), strides, strict=True):
        before, after = _sub_pixel_taps(size, stride)
        counts.append(before + 1 + after)
        # Aligns the taps with the first sub-pixel.
        first = stride * after - max(size - stride, 0) // 2
        padding.append([first, stride * counts[-1] - size - first])
    kernel = tf.pad(kernel, [*padding, [0, 0], [0, 0]])
    by_sub_pixel = tf.reshape(
        kernel,
        (counts[0], strides[0], counts[1], strides[1], filters, channels),
    )
    # A deconvolution spreads a pixel where a convolution gathers them.
    flipped = tf.reverse(by_sub_pixel, [0, 2])
    return tf.reshape(
        tf.transpose(flipped, (0, 2, 5, 1, 3, 4)),
        (*counts, channels, strides[0] * strides[1] * filters),
    )


def _shuffle(x: tf.Tensor, ratio: tuple[int, int]) -> tf.Tensor:
    """Moves sub-pixels from channels to rows and columns."""
    rows, columns = ratio
    if rows == columns:
        return tf.nn.depth_to_space(x, rows) if rows > 1 else x
    batch, height, width = (tf.shape(x)[i] for i in range(3))
    channels = x.shape[-1] // (rows * columns)
    if rows > 1:
        x = tf.reshape(x, (batch, height, width, rows, columns * channels))
        x = tf.transpose(x, (0, 1, 3, 2, 4))
    return tf.reshape(x, (batch, height * rows, width * columns, channels))
