"""Training curves and sample texts of a training."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from gancore.callbacks.history_plot import (
    DISCRIMINATOR,
    LEARNING_RATES,
    TRAINING,
    VALIDATION,
    Panel,
)
from textgan.data.profanity import is_clean

PANELS = (
    Panel(
        "likelihood of real texts",
        {"perplexity": TRAINING, "val_perplexity": VALIDATION},
        "perplexity per word",
        best="min",
    ),
    Panel(
        "generator loss",
        {"gen_loss": TRAINING, "val_gen_loss": VALIDATION},
        "nats per batch",
        by_stage=True,
    ),
    DISCRIMINATOR,
    Panel(
        "diversity of generated texts",
        {"unique": "distinct texts", "distance": "1 - self-BLEU-3"},
        "ratio",
    ),
    LEARNING_RATES,
)
# Number of texts generated, and of clean ones logged.
_GENERATED, _LOGGED = 32, 12


def sample_texts(generate: Callable[[int], list[str]]) -> Callable[[], None]:
    """Returns a function that logs sample texts, clean ones only.

    Args:
        generate: Number of texts -> that many samples of the EMA generator,
            the same ones for the same weights.

    Returns:
        A function that writes a text summary for TensorBoard.
    """

    def log() -> None:
        clean = list(filter(is_clean, generate(_GENERATED)))
        tf.summary.text("jokes", clean[:_LOGGED] or ["none of them is clean"])

    return log
