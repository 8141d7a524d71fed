"""Texts by n-grams alone: what a generator has to be better than."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from textgan.metrics.ngrams import Texts

_START, _END = "<s>", "</s>"


def sample_ngrams(
    texts: Texts, order: int, count: int, seed: int = 0
) -> list[list[str]]:
    """Writes texts in which each n-gram is one of the given texts'.

    Each word is drawn as often as it stands behind the `order - 1` words
    before it, without smoothing. With a larger order ever more of a text is
    copied, which BLEU takes for quality.

    Args:
        texts: Tokenised texts.
        order: Length of the n-grams, at least 2.
        count: Texts to write.
        seed: Seeds the draws.
    """
    behind: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for text in texts:
        padded = [_START] * (order - 1) + [*text, _END]
        for i in range(len(text) + 1):
            behind[tuple(padded[i : i + order - 1])].append(
                padded[i + order - 1]
            )
    random = np.random.default_rng(seed)
    written = []
    for _ in range(count):
        words = [_START] * (order - 1)
        while words[-1] != _END:
            choices = behind[tuple(words[len(words) - order + 1 :])]
            words.append(choices[random.integers(len(choices))])
        written.append(words[order - 1 : -1])
    return written
