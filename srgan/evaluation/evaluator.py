"""Scores of SR images over a dataset or a test set."""

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
from srgan.evaluation.degraded import degraded_lr
from srgan.evaluation.methods import Method, network_method
from srgan.evaluation.test_sets import find_sets, read_hr
from srgan.image_io.errors import UnreadableImage
from srgan.inference.load import PRETRAINED, load, scale_of
from srgan.metrics.daala_ssim import daala_ssim
from srgan.metrics.psnr_ssim import psnr, ssim

logger = logging.getLogger(__name__)

# Of an SR and an HR image, both `(height, width, channels)`.
Distance = Callable[[np.ndarray, np.ndarray], float]


def bicubic_psnr(pairs: tf.data.Dataset, mapping: MappingNetwork) -> float:
    """Computes the PSNR of bicubic upscaling, the baseline of a generator.

    Args:
        pairs: Batches of LR and HR images, 0..255.
        mapping: Upscales the LR images.

    Returns:
        Mean PSNR on Y in dB, without a border of `mapping.scale` pixels.
    """
    scores = [
        psnr(mapping.upscale(tf.cast(lr, tf.uint8)), hr, mapping.scale).numpy()
        for lr, hr in pairs
    ]
    return float(np.mean(np.concatenate(scores)))


@dataclasses.dataclass(frozen=True)
class Score:
    """The scores of one SR image, or the mean of several.

    Attributes:
        psnr: On Y, in dB, without a border of `scale` pixels.
        ssim: Structural similarity of Wang et al. 2004, likewise.
        daala_ssim: Structural similarity of the SRGAN paper, likewise.
        lr_psnr: PSNR of the downscaled SR image against the LR input, on Y of
            the whole image, in dB; low where content was hallucinated.
        pixels: Number of pixels of the SR image.
        seconds: Time of upscaling.
        distance: Perceptual distance, if one was computed.
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
        """Output megapixels per second."""
        return self.pixels / self.seconds / 1e6


def mean_score(scores: Sequence[Score]) -> Score:
    """Averages scores over images with equal weights, as is usual."""
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
        skipped: Names of files that could not be read.
    """

    scores: dict[str, Score]
    skipped: tuple[str, ...]

    @property
    def mean(self) -> Score:
        return mean_score(list(self.scores.values()))


def evaluate(
    model: keras.Model | str | Path,
    folder: str | Path,
    distance: Distance | None = None,
) -> Evaluation:
    """Scores a network on a folder of HR images.

    Args:
        model: Upscales RGB batches in 0..255; or an argument of `srgan.load`.
        folder: As an item of `folders` of `find_sets`.
        distance: Computes the perceptual distance, if wanted.

    Returns:
        The scores. Files that cannot be read are skipped with a warning.

    Raises:
        UserError: If there is no such folder or no usable image in it.
    """
    network = model if isinstance(model, keras.Model) else load(model)
    keep_mean = isinstance(model, str) and model in PRETRAINED
    (hr_files,) = find_sets([str(folder)]).values()
    method = network_method(network, keep_mean=keep_mean)
    return score_set(method, hr_files, scale_of(network), distance)


def score_set(
    method: Method,
    hr_files: Mapping[str, Path],
    scale: int,
    distance: Distance | None = None,
    degradation: str | None = None,
) -> Evaluation:
    """Downscales each HR image, upscales it again and scores the result.

    HR images are cropped to a multiple of the scale and downscaled by the
    mapping network. That equals MATLAB's `imresize` to the byte, so the LR
    files of a test set are not needed and not read.

    Args:
        method: The method to score.
        hr_files: Image name -> HR file.
        scale: The upscaling factor.
        distance: Computes the perceptual distance, if wanted.
        degradation: One of `srgan.evaluation.degraded.DEGRADATIONS`, in place
            of MATLAB's bicubic.

    Raises:
        RuntimeFailure: If no image can be scored.
    """
    scores: dict[str, Score] = {}
    skipped = []
    for name, path in hr_files.items():
        try:
            hr = read_hr(path, scale)
        except UnreadableImage as error:
            logger.warning(f"skipped {path}: {error}")
            skipped.append(name)
            continue
        lr = (
            degraded_lr(hr, scale, degradation, name)
            if degradation
            else downscale(hr, scale)
        )
        if not scores:
            # The first call traces and compiles a network.
            method(lr)
        scores[name] = score_image(method, hr, scale, distance, lr)
    if not scores:
        raise RuntimeFailure(f"no image can be scored: {', '.join(skipped)}")
    return Evaluation(scores, tuple(skipped))


def score_image(
    method: Method,
    hr: np.ndarray,
    scale: int,
    distance: Distance | None = None,
    lr: np.ndarray | None = None,
) -> Score:
    """Scores the upscaling of one image.

    Args:
        method: The method to score.
        hr: HR image, as returned by `read_hr`.
        scale: The upscaling factor.
        distance: Computes the perceptual distance, if wanted.
        lr: LR image; by default the HR image is downscaled bicubically.
    """
    lr = downscale(hr, scale) if lr is None else lr
    start = time.perf_counter()
    sr = method(lr)
    seconds = time.perf_counter() - start
    if sr.shape != hr.shape:
        raise UserError(
            f"the network made {sr.shape[1]} x {sr.shape[0]} pixels of "
            f"{lr.shape[1]} x {lr.shape[0]}, not x{scale}"
        )
    pair = sr[None], hr[None]
    return Score(
        psnr=float(psnr(*pair, scale)[0]),
        ssim=float(ssim(*pair, scale)[0]),
        daala_ssim=float(daala_ssim(*pair, scale)[0]),
        lr_psnr=float(psnr(downscale(sr, scale)[None], lr[None], 0)[0]),
        pixels=sr.shape[0] * sr.shape[1],
        seconds=seconds,
        distance=distance(sr, hr) if distance else None,
    )


def downscale(hr: np.ndarray, scale: int) -> np.ndarray:
    """Downscales a uint8 image `(height, width, channels)` bicubically."""
    return MappingNetwork(scale)(hr).numpy()
