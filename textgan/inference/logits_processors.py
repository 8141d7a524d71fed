"""Logits processors: mask tokens before the sampler chooses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from textgan.data.vocabulary import END


class LogitsProcessor(Protocol):
    """Masks tokens, given the ids generated so far."""

    def __call__(
        self, logits: np.ndarray, texts: Sequence[Sequence[int]], /
    ) -> None:
        """Sets the logits of forbidden tokens to minus infinity, in place.

        Args:
            logits: float array of shape `(batch, vocabulary_size)`.
            texts: Ids of each text so far, prompt included.
        """
        ...


class NoRepeatNGram:
    """Forbids n-grams that a text already has.

    Args:
        n: Length of the n-grams in tokens, at least 1.

    Raises:
        ValueError: If `n` is less than 1.

    Reference:
        - [Paulus et al. 2017](https://arxiv.org/abs/1705.04304), section 2.5
    """

    def __init__(self, n: int) -> None:
        if n < 1:
            raise ValueError(f"n={n} is less than 1")
        self.n = n

    def __call__(
        self, logits: np.ndarray, texts: Sequence[Sequence[int]]
    ) -> None:
        for row, ids in enumerate(texts):
            start = len(ids) - self.n + 1
            if start < 0:
                continue
            last = list(ids[start:])
            for i in range(start):
                if list(ids[i : i + self.n - 1]) == last:
                    logits[row, ids[i + self.n - 1]] = -np.inf


class NoVerbatimCopy:
    """Forbids texts that are identical to one of a given set.

    The end token is masked where the text would be a copy.

    Args:
        blocked: Ids of the texts that must not be generated.
    """

    def __init__(self, blocked: Iterable[Iterable[int]]) -> None:
        self.blocked = set(map(tuple, blocked))

    def __call__(
        self, logits: np.ndarray, texts: Sequence[Sequence[int]]
    ) -> None:
        for row, ids in enumerate(texts):
            if tuple(ids) in self.blocked:
                logits[row, END] = -np.inf
