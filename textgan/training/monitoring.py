"""Diversity of generated texts, measured during a training."""

from __future__ import annotations

from collections.abc import Callable

from textgan.metrics.bleu import self_bleu
from textgan.metrics.diversity import unique

_TEXTS = 128

# Metric -> (smallest ratio to its value at the start of training, message).
MIN_DISTINCT_RATIO = {
    "unique": (0.7, "the generator repeats whole texts"),
    "distance": (0.6, "texts grow alike (1 - self-BLEU-3)"),
}


def distinct_ratio(
    generate: Callable[[int], list[str]],
) -> Callable[[], dict[str, float]]:
    """Returns a function that measures the diversity of generated texts.

    Args:
        generate: Number of texts -> that many samples of the EMA generator,
            the same ones for the same weights.

    Returns:
        A function that returns `unique`, the fraction of distinct texts, and
        `distance`, 1 - self-BLEU-3, which is 0 if all texts are alike.
    """

    def measure() -> dict[str, float]:
        texts = [text.split() for text in generate(_TEXTS)]
        return {
            "unique": unique(texts),
            "distance": 1.0 - self_bleu(texts, (3,))[3],
        }

    return measure
