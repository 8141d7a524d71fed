"""Scores of upscaled images over a dataset or a benchmark's test set."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gancore.errors import RuntimeFailure, UserError
from srgan.data.mapping_network import MappingNetwork
from srgan.evaluation.methods import Method, network_method
from srgan.evaluation.test_sets import find_sets, read_original
from srgan.image_io.open_image import UnreadableImage
from srgan.inference.load import load, scale_of
from srgan.metrics.daala_ssim import daala_ssim
from srgan.metrics.psnr_ssim import psnr, ssim

logger = logging.getLogger(__name__)

# From an upscaling and its original, both `(height, width, channels)`.
Distance = Callable[[np.ndarray, np.ndarray], float]


def bicubic_psnr(pairs: tf.data.Dataset, scale: int) -> float:
    """Scores the bicubic upscaling, which a generator has to beat.

    Args:
        pairs: Batches of low- and high-resolution images, 0..255.
        scale: Ratio of their sizes.

    Returns:
        Mean PSNR on Y in dB.
    """
    mapping = MappingNetwork(scale)
    scores = [
        psnr(mapping.upscale(tf.cast(low, tf.uint8)), original, scale).numpy()
        for low, original in pairs
    ]
    return float(np.mean(np.concatenate(scores)))


@dataclasses.dataclass(frozen=True)
class Score:
    """How good one upscaling is, or several in the mean.

    Attributes:
        psnr: On Y, in dB, a border of `scale` pixels left out.
        ssim: Wang's structural similarity, likewise.
        daala_ssim: The SRGAN paper's structural similarity, likewise.
        lr_psnr: Of the upscaling made small again against the network's
            input, on Y of the whole image, in dB; low where content was
            made up.
        pixels: Of the upscaling.
        seconds: That the upscaling took.
        distance: Perceptual distance, if there was a network to tell it.
    """

    psnr: float
    ssim: float
    daala_ssim: float
    lr_psnr: float
    pixels: float
    seconds: float
    distance: float | None = None

    @property
    def speed(self) -> float:
        """Megapixels of output in a second."""
        return self.pixels / self.seconds / 1e6


def mean_score(scores: Sequence[Score]) -> Score:
    """Averages scores, each image counting alike, as the field's tables do."""
    means: dict[str, Any] = {}
    for field in dataclasses.fields(Score):
        values = [getattr(score, field.name) for score in scores]
        means[field.name] = None if None in values else float(np.mean(values))
    return Score(**means)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """The scores of a test set.

    Attributes:
        scores: By the name of the image.
        refused: Names of files that could not be read.
    """

    scores: dict[str, Score]
    refused: tuple[str, ...]

    @property
    def mean(self) -> Score:
        return mean_score(list(self.scores.values()))


def evaluate(
    model: keras.Model | str | Path,
    folder: str | Path,
    distance: Distance | None = None,
) -> Evaluation:
    """Scores a network on a folder of original images.

    Args:
        model: Upscales RGB batches in 0..255; or what `srgan.load` takes.
        folder: As for `find_sets`.
        distance: Tells the perceptual distance, if it shall be measured.

    Returns:
        The scores; files that cannot be read are named in a note and left out.

    Raises:
        UserError: If there is no such folder or no usable image in it.
    """
    network = model if isinstance(model, keras.Model) else load(model)
    (originals,) = find_sets([str(folder)]).values()
    return score_set(
        network_method(network), originals, scale_of(network), distance
    )


def score_set(
    method: Method,
    originals: Mapping[str, Path],
    scale: int,
    distance: Distance | None = None,
) -> Evaluation:
    """Makes each original small, upscales it again and scores that.

    An original is cut to a multiple of the scale and made small by the
    mapping network. That equals MATLAB's `imresize` to the byte, so a set's
    own low-resolution files are not needed and not looked for.

    Args:
        method: What is scored.
        originals: Files by name.
        scale: By how much it upscales.
        distance: Tells the perceptual distance, if it shall be measured.

    Raises:
        FailedWork: If no image can be scored.
    """
    scores: dict[str, Score] = {}
    refused = []
    for name, path in originals.items():
        try:
            original = read_original(path, scale)
        except UnreadableImage as error:
            logger.warning(f"left out {path}: {error}")
            refused.append(name)
            continue
        if not scores:
            # The first call of a network compiles it.
            method(downscale(original, scale))
        scores[name] = score_image(method, original, scale, distance)
    if not scores:
        raise RuntimeFailure(f"no image can be scored: {', '.join(refused)}")
    return Evaluation(scores, tuple(refused))


def score_image(
    method: Method,
    original: np.ndarray,
    scale: int,
    distance: Distance | None = None,
) -> Score:
    """Scores one upscaling.

    Args:
        method: What is scored.
        original: As `read_original` gives it.
        scale: By how much it upscales.
        distance: Tells the perceptual distance, if it shall be measured.
    """
    low = downscale(original, scale)
    start = time.perf_counter()
    high = method(low)
    seconds = time.perf_counter() - start
    if high.shape != original.shape:
        raise UserError(
            f"the network made {high.shape[1]} x {high.shape[0]} pixels of "
            f"{low.shape[1]} x {low.shape[0]}, not x{scale}"
        )
    pair = high[None], original[None]
    return Score(
        psnr=float(psnr(*pair, scale)[0]),
        ssim=float(ssim(*pair, scale)[0]),
        daala_ssim=float(daala_ssim(*pair, scale)[0]),
        lr_psnr=float(psnr(downscale(high, scale)[None], low[None], 0)[0]),
        pixels=high.shape[0] * high.shape[1],
        seconds=seconds,
        distance=distance(high, original) if distance else None,
    )


def downscale(original: np.ndarray, scale: int) -> np.ndarray:
    """Makes a uint8 image `(height, width, channels)` small, bicubically."""
    return MappingNetwork(scale)(original).numpy()
