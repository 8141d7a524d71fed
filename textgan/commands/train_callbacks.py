"""The callbacks of a TextGAN training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from gancore.callbacks.best_model import BestWeights
from gancore.callbacks.collapse_monitor import CollapseMonitor
from gancore.callbacks.defaults import default_callbacks
from textgan.config import Config
from textgan.data.vocabulary import Vocabulary
from textgan.inference.samplers import Sampler, Temperature
from textgan.inference.text_generator import TextGenerator
from textgan.models.gan import GAN
from textgan.training.monitoring import MIN_DISTINCT_RATIO, distinct_ratio
from textgan.training.sample_texts import sample_texts

LEADING_METRICS = ("loss", "discrim_loss", "gen_loss")


def build_callbacks(
    config: Config,
    folder: Path,
    gan: GAN,
    vocabulary: Vocabulary,
    sampler: Sampler,
    valid: Any,
) -> tuple[list[keras.callbacks.Callback], BestWeights, CollapseMonitor]:
    """Builds the callbacks that all stages share.

    Args:
        config: Configuration of the training.
        folder: Folder of the run.
        gan: The networks.
        vocabulary: The generator's.
        sampler: Sampler of the texts that are logged.
        valid: Validation batches, or `None`.

    Returns:
        The callbacks in their order, and the two whose state a checkpoint
        saves. The best weights are tracked only if there are validation
        batches and `--monitor` names a metric.
    """

    def generate_with(sampler: Sampler) -> Callable[[int], list[str]]:
        text_generator = TextGenerator(gan.ema_generator, vocabulary, sampler)
        return lambda count: text_generator.generate(count=count)

    collapse = CollapseMonitor(
        distinct_ratio(generate_with(Temperature(1.0))), MIN_DISTINCT_RATIO
    )
    samples = sample_texts(generate_with(sampler))
    callbacks = default_callbacks(
        config, folder, LEADING_METRICS, collapse, samples
    )
    best = BestWeights(gan.ema_generator, f"val_{config.monitor}")
    if valid is not None and config.monitor != "last":
        callbacks.append(best)
    return callbacks, best, collapse
