"""Samplers: how the next word is taken from its logits."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Sampler(Protocol):
    """Chooses the next word of each text."""

    def __call__(
        self, logits: np.ndarray, random: np.random.Generator
    ) -> np.ndarray:
        """Chooses one word per row.

        Args:
            logits: float array of shape `(batch, vocabulary_size)`; minus
                infinity forbids a word.
            random: Source of chance.

        Returns:
            Ids of shape `(batch,)`.
        """


class Greedy:
    """Takes the likeliest word."""

    def __call__(
        self, logits: np.ndarray, random: np.random.Generator
    ) -> np.ndarray:
        return np.argmax(logits, axis=-1)


class TopP:
    """Samples from the likeliest words that together reach a share `p`.

    Args:
        p: Share of the probability kept, in (0, 1]; 1 keeps every word.
        temperature: Divides the logits; below 1 is bolder towards the likely.

    Reference:
        - [Holtzman et al. 2020](https://arxiv.org/abs/1904.09751), section 3.1
    """

    def __init__(self, p: float = 1.0, temperature: float = 1.0) -> None:
        if not 0 < p <= 1 or not temperature > 0:
            raise ValueError(f"p={p} not in (0, 1] or {temperature=} not > 0")
        self.p = p
        self.temperature = temperature

    def __call__(
        self, logits: np.ndarray, random: np.random.Generator
    ) -> np.ndarray:
        scaled = logits - logits.max(axis=-1, keepdims=True).astype("float64")
        with np.errstate(over="ignore"):  # A tiny temperature is greedy.
            scaled /= self.temperature
        order = np.argsort(-scaled, axis=-1, kind="stable")
        share = np.exp(np.take_along_axis(scaled, order, axis=-1))
        share /= share.sum(axis=-1, keepdims=True)
        # A word is kept while the words before it do not yet reach p.
        before = np.cumsum(share, axis=-1) - share
        share[before >= self.p] = 0.0
        reached = np.cumsum(share, axis=-1)
        draw = random.random((len(logits), 1)) * reached[:, -1:]
        chosen = np.argmax(reached > draw, axis=-1)
        return np.take_along_axis(order, chosen[:, None], axis=-1)[:, 0]
