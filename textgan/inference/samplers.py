"""Samplers: choose the next token from its logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

# Tokens that are sorted first; a nucleus is rarely larger.
_FEW = 256


class Sampler(Protocol):
    """Chooses the next token of each text."""

    def __call__(self, logits: np.ndarray, draws: np.ndarray, /) -> np.ndarray:
        """Chooses one token per row.

        Args:
            logits: float array of shape `(batch, vocabulary_size)`; minus
                infinity masks a token, but never all of a row.
            draws: Uniform random numbers in [0, 1), shape `(batch,)`.

        Returns:
            Ids of shape `(batch,)`.
        """
        ...


class Greedy:
    """Takes the most likely token."""

    def __call__(self, logits: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.argmax(logits, axis=-1)


class Temperature:
    """Samples from all tokens.

    Args:
        temperature: Divides the logits, above 0; below 1 sharpens the
            distribution.

    Raises:
        ValueError: If the temperature is not above 0.
    """

    def __init__(self, temperature: float = 1.0) -> None:
        _check(temperature)
        self.temperature = temperature

    def __call__(self, logits: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return _draw(_scale(logits, self.temperature), draws)


class TopK:
    """Samples from the k most likely tokens.

    Args:
        k: Number of tokens, at least 1; ties with the last are kept, too.
        temperature: As for `Temperature`.

    Raises:
        ValueError: If an argument is out of its range.

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
        scaled = _scale(logits, self.temperature)
        index = max(scaled.shape[-1] - self.k, 0)
        smallest = np.partition(scaled, index, axis=-1)[:, index, None]
        return _draw(np.where(scaled < smallest, -np.inf, scaled), draws)


class TopP:
    """Nucleus sampling: from the fewest tokens that reach a probability.

    Args:
        p: Probability to reach, in (0, 1]; 1 keeps every token.
        temperature: As for `Temperature`; applied first.

    Raises:
        ValueError: If an argument is out of its range.

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
        scaled = _scale(logits, self.temperature)
        if self.p == 1:
            return _draw(scaled, draws)
        probs = np.exp(scaled)
        probs /= probs.sum(axis=-1, keepdims=True)
        nucleus = np.zeros(probs.shape, bool)
        if not self._mark(nucleus, probs, _FEW):
            self._mark(nucleus, probs, probs.shape[-1])
        return _draw(np.where(nucleus, scaled, -np.inf), draws)

    def _mark(self, nucleus: np.ndarray, probs: np.ndarray, most: int) -> bool:
        """Marks the nucleus among the `most` most likely tokens.

        Returns:
            Whether it is complete in every row.
        """
        most = min(most, probs.shape[-1])
        top = np.argpartition(-probs, most - 1, axis=-1)[:, :most]
        values = np.take_along_axis(probs, top, axis=-1)
        order = np.argsort(-values, axis=-1, kind="stable")
        top = np.take_along_axis(top, order, axis=-1)
        values = np.take_along_axis(values, order, axis=-1)
        # A token is kept while the tokens before it do not reach p.
        before = np.cumsum(values, axis=-1) - values
        np.put_along_axis(nucleus, top, before < self.p, axis=-1)
        return bool((before[:, -1] >= self.p).all())


# Samplers by the name that `get` takes, with their usual arguments.
NAMES: dict[str, Callable[[], Sampler]] = {
    "greedy": Greedy,
    "random": Temperature,
    "top_k": lambda: TopK(40, 0.7),
    "top_p": lambda: TopP(0.9, 0.7),
}


def get(identifier: Any) -> Sampler:
    """Returns a sampler by name, as `keras.optimizers.get` an optimizer.

    Args:
        identifier: One of `NAMES`; a `Sampler`, which is returned; or an
            object with a method `sampler`, such as a `SamplerConfig`.

    Raises:
        ValueError: If it is none of these.

    Examples:
        >>> get("top_p").p
        0.9
    """
    if isinstance(identifier, str) and identifier in NAMES:
        return NAMES[identifier]()
    if hasattr(identifier, "sampler"):
        sampler: Sampler = identifier.sampler()
        return sampler
    if callable(identifier) and not isinstance(identifier, type):
        chosen: Sampler = identifier
        return chosen
    raise ValueError(
        f"sampler is {identifier!r}; expected one of {', '.join(NAMES)}, or a "
        "sampler of textgan.inference.samplers such as TopP(0.9)"
    )


def _check(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"temperature={temperature} is not above 0")


def _scale(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Divides by the temperature, the largest logit shifted to 0."""
    scaled = logits.astype("float64")
    scaled -= scaled.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):  # A tiny temperature is greedy.
        scaled /= temperature
    return scaled


def _draw(scaled: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Inverts the cumulative distribution at the draws."""
    reached = np.cumsum(np.exp(scaled), axis=-1)
    return np.argmax(reached > draws[:, None] * reached[:, -1:], axis=-1)
