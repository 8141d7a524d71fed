"""Checks of what a GAN is given: an SR model, and pairs of images."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# Height and width of a probe: not square, to detect exchanged sides.
_PROBE = (16, 32)


def upscaler_facts(model: keras.Model) -> tuple[int, int]:
    """Returns the scale of an SR model and the channels of its noise input.

    Args:
        model: A `Generator`, or a functional model that maps RGB images, and
            possibly noise of the same size, to upscaled RGB images.

    Returns:
        The scale, and the number of channels; 0 without a noise input.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If it does not upscale RGB by an integer.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"generator is a {type(model).__name__}; expected a Keras model, "
            "such as srgan.Generator(...) or srgan.load(...)"
        )
    if hasattr(model, "scale") and hasattr(model, "noise_channels"):
        return model.scale, model.noise_channels
    shapes = [(1, *_PROBE, tensor.shape[-1]) for tensor in model.inputs]
    inputs = [keras.KerasTensor(shape) for shape in shapes]
    found: Any = None
    if len(shapes) in (1, 2) and shapes[0][-1] == 3:
        single = inputs[0] if len(inputs) == 1 else inputs
        found = model.compute_output_spec(single)
        found = found[0] if isinstance(found, list) else found
    scale = found.shape[1] // _PROBE[0] if found is not None else 0
    if scale < 1 or tuple(found.shape) != (
        1, _PROBE[0] * scale, _PROBE[1] * scale, 3,
    ):  # fmt: skip
        raise ValueError(
            f"{model.name} maps {shapes} to "
            f"{None if found is None else tuple(found.shape)}; expected RGB "
            "images, upscaled by an integer"
        )
    return scale, shapes[1][-1] if len(shapes) == 2 else 0


def check_pair(lr: Any, hr: Any, scale: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Converts LR and HR images to float32, and checks their shapes.

    Args:
        lr: Shape `(batch, height, width, 3)`, RGB, 0..255, of any dtype.
        hr: Shape `(batch, height * scale, width * scale, 3)`.
        scale: Ratio of the sizes.

    Raises:
        ValueError: If they are no such pair, as far as their shapes are known.
    """
    if hr is None or isinstance(lr, list | tuple | dict):
        raise ValueError(
            "the data are no pairs; expected (lr, hr), two arrays of shape "
            "(batch, height, width, 3) in 0..255, all images of one size"
        )
    lr, hr = tf.cast(lr, tf.float32), tf.cast(hr, tf.float32)
    expected = [None, None, None, 3]
    if lr.shape.rank == 4:
        sides = [side and side * scale for side in lr.shape[1:3]]
        expected = [lr.shape[0], *sides, 3]
    if not (
        lr.shape.is_compatible_with([None, None, None, 3])
        and hr.shape.is_compatible_with(expected)
    ):
        raise ValueError(
            f"LR images have the shape {tuple(lr.shape)} and HR images "
            f"{tuple(hr.shape)}; expected (batch, height, width, 3) and "
            f"{tuple(expected)}, {scale} times the size"
        )
    return lr, hr
