"""The perceptual distance of one SR and HR image, as the commands print it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from srgan.losses.perceptual import perceptual_distance
from srgan.models.feature_extractor import (
    FeatureExtractor,
    last_convolutions,
    load_feature_network,
)


def feature_distance(
    source: str | None,
    layers: Sequence[str] = (),
    preprocessing: str | None = None,
) -> Callable[[np.ndarray, np.ndarray], float] | None:
    """Builds a perceptual distance from a pretrained network.

    Args:
        source: As for `load_feature_network`; `None` for no distance.
        layers: Names of the layers; by default the last convolution at each
            resolution, as Zhang et al. 2018 (LPIPS) take of VGG.
        preprocessing: What it expects, as for `FeatureExtractor`; `None` is
            `caffe`.

    Returns:
        A function of an SR and an HR image, both uint8 of shape
        `(height, width, 3)` or with 1 channel, that returns the mean
        perceptual distance over the layers, 0 for equal images; `None`
        without a source.
    """
    if not source:
        return None
    network = load_feature_network(source)
    extractor = FeatureExtractor(
        network, layers or last_convolutions(network), preprocessing or "caffe"
    )

    def distance(sr: np.ndarray, hr: np.ndarray) -> float:
        by_layer = perceptual_distance(extractor, _rgb(sr), _rgb(hr))
        return float(np.mean([float(d[0]) for d in by_layer.values()]))

    return distance


def _rgb(image: np.ndarray) -> np.ndarray:
    shape = (*image.shape[:2], 3)
    return np.broadcast_to(image, shape)[None].astype(np.float32)
