"""Texts sampled from an unsmoothed n-gram model: a baseline for generators."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from textgan.metrics.ngrams import Texts

_START, _END = "<s>", "</s>"


def sample_ngrams(
    texts: Texts, order: int, count: int, seed: int = 0
) -> list[list[str]]:
    """Samples texts from the n-gram counts of given texts.

    Each token is drawn with its relative frequency after the `order - 1`
    tokens before it, without smoothing. The larger the order, the more is
    copied, which BLEU rewards.

    Args:
        texts: Tokenized texts.
        order: Length of the n-grams in tokens, at least 2.
        count: Number of texts to sample.
        seed: Seeds the draws.

    Returns:
        Tokenized texts.
    """
    followers: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for text in texts:
        padded = [_START] * (order - 1) + [*text, _END]
        for i in range(len(text) + 1):
            context = tuple(padded[i : i + order - 1])
            followers[context].append(padded[i + order - 1])
    random = np.random.default_rng(seed)
    sampled = []
    for _ in range(count):
        tokens = [_START] * (order - 1)
        while tokens[-1] != _END:
            choices = followers[tuple(tokens[len(tokens) - order + 1 :])]
            tokens.append(choices[random.integers(len(choices))])
        sampled.append(tokens[order - 1 : -1])
    return sampled
