"""How much texts of a generator differ, as a training watches it."""

from __future__ import annotations

from collections.abc import Callable

from textgan.data.vocabulary import Vocabulary
from textgan.inference.samplers import Temperature
from textgan.inference.text_generator import TextGenerator
from textgan.metrics.bleu import self_bleu
from textgan.metrics.diversity import unique
from textgan.models.gan import GAN

_TEXTS = 128

MIN_DISTINCT_RATIO = {
    "unique": (0.7, "the generator repeats whole texts"),
    "distance": (0.6, "texts grow alike (1 - self-BLEU-3)"),
}


def distinct_ratio(
    gan: GAN, vocabulary: Vocabulary
) -> Callable[[], dict[str, float]]:
    """Gives what measures a hundred or so texts, always of the same numbers.

    Args:
        gan: Whose averaged generator writes.
        vocabulary: Its words.

    Returns:
        A function that gives `unique`, the share of texts without a double,
        and `distance`, 1 less self-BLEU-3: of alike texts it is 0.
    """
    text_generator = TextGenerator(
        gan.ema_generator, vocabulary, Temperature(1.0)
    )

    def measure() -> dict[str, float]:
        texts = [text.split() for text in text_generator.generate(count=_TEXTS)]
        return {
            "unique": unique(texts),
            "distance": 1.0 - self_bleu(texts, (3,))[3],
        }

    return measure
