"""What there is to see of a training of texts: curves, and jokes."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from adversarial.watching.curves import (
    HELD_OUT,
    JUDGE,
    LEARNT,
    RATES,
    Panel,
)
from textgan.cleanliness import is_clean
from textgan.gan import GAN
from textgan.sampling import Sampler
from textgan.vocabulary import Vocabulary
from textgan.writer import Writer

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
