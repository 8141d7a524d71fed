"""What there is to see of a training of texts: curves, and jokes."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from gancore.callbacks.history_plot import (
    HELD_OUT,
    JUDGE,
    LEARNT,
    RATES,
    Panel,
)
from textgan.data.profanity import is_clean
from textgan.data.vocabulary import Vocabulary
from textgan.inference.samplers import Sampler
from textgan.inference.text_generator import Writer
from textgan.models.gan import GAN

PANELS = (
    Panel(
        "likelihood of real texts",
        {"perplexity": LEARNT, "val_perplexity": HELD_OUT},
        "perplexity per word",
        best="min",
    ),
    Panel(
        "generator's objective",
        {"gen_loss": LEARNT, "val_gen_loss": HELD_OUT},
        "nats per batch",
        by_phase=True,
    ),
    JUDGE,
    Panel(
        "variety of written texts",
        {"unique": "texts without a double", "distance": "1 - self-BLEU-3"},
        "share",
    ),
    RATES,
)
# So many are written, and so many of the clean ones shown.
_WRITTEN, _SHOWN = 32, 12


def jokes(
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
    writer = Writer(gan.averaged, vocabulary, sampler, batch_size=_WRITTEN)

    def show() -> None:
        clean = filter(is_clean, writer.generate(count=_WRITTEN))
        told = list(clean)[:_SHOWN]
        tf.summary.text("jokes", told or ["none of them is clean"])

    return show
