"""Perceptual loss and perceptual distance, both of features of two images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from srgan.losses.pixel import mean_error
from srgan.models.feature_extractor import FeatureExtractor

ops = keras.ops


def perceptual_loss(
    sr_features: Sequence[Any],
    hr_features: Sequence[Any],
    kind: str = "mse",
) -> Any:
    """Computes the mean error over layers of features.

    With one layer and `mse`, equation 5 of Ledig et al. 2017 per channel.

    Args:
        sr_features: A tensor for each layer, of shape
            `(batch, height, width, channels)`.
        hr_features: The same shapes.
        kind: `l1` or `mse`.

    Returns:
        Scalar.
    """
    pairs = zip(sr_features, hr_features, strict=True)
    errors = [mean_error(sr, hr, kind) for sr, hr in pairs]
    return sum(errors) / len(errors)


def perceptual_distance(
    extractor: FeatureExtractor, sr: Any, hr: Any
) -> dict[str, Any]:
    """Computes the distance of two images in feature space.

    The features of each position are scaled to unit length, as in Zhang et
    al. 2018 (LPIPS), section 3.2, but without learned weights of layers and
    channels.

    Args:
        extractor: Computes the features.
        sr: Shape `(batch, height, width, 3)`, 0..255.
        hr: The same shape and range.

    Returns:
        The distance of each layer by its name, shape `(batch,)`: the mean over
        positions of the squared difference, 0..4.

    Reference:
        - [Zhang et al. 2018](https://arxiv.org/abs/1801.03924)
    """
    distances = {}
    pairs = zip(extractor.layers, extractor(sr), extractor(hr), strict=True)
    for name, first, second in pairs:
        error = ops.square(ops.normalize(first) - ops.normalize(second))
        distances[name] = ops.mean(ops.sum(error, axis=-1), axis=(1, 2))
    return distances
