"""Scores of enlargements over a dataset."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from srgan.mapping import MappingNetwork
from srgan.metrics import psnr


def bicubic_psnr(pairs: tf.data.Dataset, scale: int) -> float:
    """Scores the bicubic enlargement, which a generator has to beat.

    Args:
        pairs: Batches of low- and high-resolution images, 0..255.
        scale: Ratio of their sizes.

    Returns:
        Mean PSNR on Y in dB.
    """
    mapping = MappingNetwork(scale)
    scores = [
        psnr(mapping.enlarge(tf.cast(low, tf.uint8)), original, scale).numpy()
        for low, original in pairs
    ]
    return float(np.mean(np.concatenate(scores)))
