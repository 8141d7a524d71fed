"""Guards: words that may not come next, whatever the sampler would like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from textgan.data.vocabulary import END


class LogitsProcessor(Protocol):
    """Forbids words, given what is written so far."""

    def __call__(
        self, logits: np.ndarray, written: Sequence[Sequence[int]], /
    ) -> None:
        """Sets the logits of forbidden words to minus infinity, in place.

        Args:
            logits: float array of shape `(batch, vocabulary_size)`.
            written: Ids of each text so far, prompt included.
        """
        ...


class NoRepeatNGram:
    """Lets no run of words stand twice in a text.

    Args:
        n: Length of the run, in words and marks.

    Reference:
        - [Paulus et al. 2017](https://arxiv.org/abs/1705.04304), section 2.5
    """

    def __init__(self, n: int) -> None:
        if n < 1:
            raise ValueError(f"n={n} is less than 1")
        self.n = n

    def __call__(
        self, logits: np.ndarray, written: Sequence[Sequence[int]]
    ) -> None:
        for row, ids in enumerate(written):
            start = len(ids) - self.n + 1
            if start < 0:
                continue
            last = list(ids[start:])
            for i in range(start):
                if list(ids[i : i + self.n - 1]) == last:
                    logits[row, ids[i + self.n - 1]] = -np.inf


class NoVerbatimCopy:
    """Lets no text end where it is word for word a known one.

    Args:
        known: Ids of the texts not to copy.
    """

    def __init__(self, known: Iterable[Iterable[int]]) -> None:
        self.known = set(map(tuple, known))

    def __call__(
        self, logits: np.ndarray, written: Sequence[Sequence[int]]
    ) -> None:
        for row, ids in enumerate(written):
            if tuple(ids) in self.known:
                logits[row, END] = -np.inf
