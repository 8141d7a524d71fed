"""What there is to see of a training of texts: curves, and jokes."""

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
from textgan.data.vocabulary import Vocabulary
from textgan.inference.samplers import Sampler
from textgan.inference.text_generator import TextGenerator
from textgan.models.gan import GAN

PANELS = (
    Panel(
        "likelihood of real texts",
        {"perplexity": TRAINING, "val_perplexity": VALIDATION},
        "perplexity per word",
        best="min",
    ),
    Panel(
        "generator's objective",
        {"gen_loss": TRAINING, "val_gen_loss": VALIDATION},
        "nats per batch",
        by_stage=True,
    ),
    DISCRIMINATOR,
    Panel(
        "variety of written texts",
        {"unique": "texts without a double", "distance": "1 - self-BLEU-3"},
        "share",
    ),
    LEARNING_RATES,
)
# So many are written, and so many of the clean ones shown.
_WRITTEN, _SHOWN = 32, 12


def sample_texts(
    gan: GAN, vocabulary: Vocabulary, sampler: Sampler
) -> Callable[[], None]:
    """Gives what shows jokes of always the same numbers, clean ones only.

    Args:
        gan: Whose averaged generator writes.
        vocabulary: Its words.
        sampler: Chooses each word.

    Returns:
        A function that writes a summary of TensorFlow, a table of texts.
    """
    text_generator = TextGenerator(
        gan.ema_generator, vocabulary, sampler, batch_size=_WRITTEN
    )

    def show() -> None:
        clean = filter(is_clean, text_generator.generate(count=_WRITTEN))
        message = list(clean)[:_SHOWN]
        tf.summary.text("jokes", message or ["none of them is clean"])

    return show
