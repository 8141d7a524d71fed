"""The perceptual distance that the commands print, of one pair of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from srgan.losses.perceptual import FeatureExtractor, perceptual_distance
from srgan.models.feature_extractor import last_convolutions, load_features


def feature_distance(
    source: str | None,
    layers: Sequence[str] = (),
    pixel_range: str | None = None,
) -> Callable[[np.ndarray, np.ndarray], float] | None:
    """Makes a distance out of a network that was trained to see.

    Args:
        source: As for `load_features`; `None` for no distance.
        layers: Layers that are compared; by default the last convolution at
            each resolution, as Zhang et al. 2018 (LPIPS) take of VGG.

        pixel_range: What it expects, as for `FeatureExtractor`; `None` is
            `caffe`.

    Returns:
        Function of an upscaling and its original, both uint8 of shape
        `(height, width, 3)` or 1 channel, that gives the mean over the layers
        of the perceptual distance, 0 for equal images; `None` without a
        source.
    """
    if not source:
        return None
    network = load_features(source)
    extractor = FeatureExtractor(
        network, layers or last_convolutions(network), pixel_range or "caffe"
    )

    def distance(high: np.ndarray, original: np.ndarray) -> float:
        by_layer = perceptual_distance(extractor, _rgb(high), _rgb(original))
        return float(np.mean([float(d[0]) for d in by_layer.values()]))

    return distance


def _rgb(image: np.ndarray) -> np.ndarray:
    shape = (*image.shape[:2], 3)
    return np.broadcast_to(image, shape)[None].astype(np.float32)
