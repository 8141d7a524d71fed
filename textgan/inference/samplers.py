"""Samplers: how the next word is taken from its logits."""

from __future__ import annotations

from typing import Protocol

import numpy as np

# Words that are sorted first; seldom has a nucleus more.
_FIRST = 256


class Sampler(Protocol):
    """Chooses the next word of each text."""

    def __call__(self, logits: np.ndarray, draws: np.ndarray, /) -> np.ndarray:
        """Chooses one word per row.

        Args:
            logits: float array of shape `(batch, vocabulary_size)`; minus
                infinity forbids a word, but never all of them.
            draws: Chance, uniform in [0, 1), shape `(batch,)`.

        Returns:
            Ids of shape `(batch,)`.
        """
        ...


class Greedy:
    """Takes the likeliest word."""

    def __call__(self, logits: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.argmax(logits, axis=-1)


class Temperature:
    """Samples from all words.

    Args:
        temperature: Divides the logits; below 1 is bolder towards the likely.
    """

    def __init__(self, temperature: float = 1.0) -> None:
        _check(temperature)
        self.temperature = temperature

    def __call__(self, logits: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return _pick(_scaled(logits, self.temperature), draws)


class TopK:
    """Samples from the likeliest words of a number.

    Args:
        k: Number of words; of equal ones at its end all are kept.
        temperature: As for `Temperature`.

    Reference:
        - [Fan et al. 2018](https://arxiv.org/abs/1805.04833), section 5.4
    """

    def __init__(self, k: int, temperature: float = 1.0) -> None:
        _check(temperature)
        if k < 1:
            raise ValueError(f"k={k} is less than 1")
        self.k = k
        self.temperature = temperature

    def __call__(self, logits: np.ndarray, draws: np.ndarray) -> np.ndarray:
        scaled = _scaled(logits, self.temperature)
        place = max(scaled.shape[-1] - self.k, 0)
        least = np.partition(scaled, place, axis=-1)[:, place, None]
        return _pick(np.where(scaled < least, -np.inf, scaled), draws)


class TopP:
    """Samples from the likeliest words that together reach a share.

    Args:
        p: Share of the probability kept, in (0, 1]; 1 keeps every word.
        temperature: As for `Temperature`, before the share is taken.

    Examples:
        >>> logits = np.log([[0.6, 0.3, 0.1], [0.4, 0.4, 0.2]])
        >>> TopP(0.5)(logits, draws=np.array([0.99, 0.99]))
        array([0, 1])

    Reference:
        - [Holtzman et al. 2020](https://arxiv.org/abs/1904.09751), section 3.1
    """

    def __init__(self, p: float = 1.0, temperature: float = 1.0) -> None:
        _check(temperature)
        if not 0 < p <= 1:
            raise ValueError(f"p={p} is not in (0, 1]")
        self.p = p
        self.temperature = temperature

    def __call__(self, logits: np.ndarray, draws: np.ndarray) -> np.ndarray:
        scaled = _scaled(logits, self.temperature)
        if self.p == 1:
            return _pick(scaled, draws)
        shares = np.exp(scaled)
        shares /= shares.sum(axis=-1, keepdims=True)
        kept = np.zeros(shares.shape, bool)
        if not self._keep(kept, shares, _FIRST):
            self._keep(kept, shares, shares.shape[-1])
        return _pick(np.where(kept, scaled, -np.inf), draws)

    def _keep(self, kept: np.ndarray, shares: np.ndarray, most: int) -> bool:
        """Marks the nucleus; tells whether it is found in that many words."""
        most = min(most, shares.shape[-1])
        first = np.argpartition(-shares, most - 1, axis=-1)[:, :most]
        values = np.take_along_axis(shares, first, axis=-1)
        order = np.argsort(-values, axis=-1, kind="stable")
        first = np.take_along_axis(first, order, axis=-1)
        values = np.take_along_axis(values, order, axis=-1)
        # A word is kept while the words before it do not yet reach p.
        before = np.cumsum(values, axis=-1) - values
        np.put_along_axis(kept, first, before < self.p, axis=-1)
        return bool((before[:, -1] >= self.p).all())


def _check(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"temperature={temperature} is not above 0")


def _scaled(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Divides by the temperature, the likeliest word at 0."""
    scaled = logits.astype("float64")
    scaled -= scaled.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):  # A tiny temperature is greedy.
        scaled /= temperature
    return scaled


def _pick(scaled: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Finds where the drawn share of the probability is reached."""
    reached = np.cumsum(np.exp(scaled), axis=-1)
    return np.argmax(reached > draws[:, None] * reached[:, -1:], axis=-1)
