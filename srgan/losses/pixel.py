"""How far an upscaling is from its original, as a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

ops = keras.ops


def distance(first: Any, second: Any, kind: str) -> Any:
    """Gives the mean absolute (`l1`) or the mean squared (`mse`) error."""
    error = first - second
    return ops.mean(ops.abs(error) if kind == "l1" else ops.square(error))


def pixel_loss(high: Any, original: Any, kind: str = "l1") -> Any:
    """Gives the error of pixels, of images taken to 0..1 as the field does.

    Lim et al. 2017 (EDSR), section 4.2, found the absolute error to reach a
    higher PSNR than the squared one of Ledig et al. 2017, equation 4.

    Args:
        high: Shape `(batch, height, width, 3)`, 0..255.
        original: The same shape and range.
        kind: `l1` or `mse`.

    Returns:
        Scalar in 0..1.
    """
    return distance(high / 255.0, original / 255.0, kind)


def content_loss(
    high_features: Sequence[Any],
    original_features: Sequence[Any],
    kind: str = "mse",
) -> Any:
    """Gives the mean error over layers of features.

    With one layer and `mse`, equation 5 of Ledig et al. 2017 per channel.

    Args:
        high_features: A tensor of each layer, shape
            `(batch, height, width, channels)`.
        original_features: The same shapes.
        kind: `l1` or `mse`.

    Returns:
        Scalar.
    """
    pairs = zip(high_features, original_features, strict=True)
    errors = [distance(high, original, kind) for high, original in pairs]
    return sum(errors) / len(errors)
