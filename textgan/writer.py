"""Writes jokes: a generator, a vocabulary and a sampler at work."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from textgan.generator import Generator
from textgan.sampling import Sampler
from textgan.vocabulary import END, PAD, START, UNKNOWN, Vocabulary


class Writer:
    """Writes numbered jokes, keeping the LSTM's state from word to word.

    Args:
        generator: A trained `Generator`.
        vocabulary: The one it was trained with.
        sampler: Chooses each word.
        max_length: Longest joke, in words and marks.
    """

    def __init__(
        self,
        generator: Generator,
        vocabulary: Vocabulary,
        sampler: Sampler,
        max_length: int = 100,
    ) -> None:
        self.generator = generator
        self.vocabulary = vocabulary
        self.sampler = sampler
        self.max_length = max_length
        self._step = tf.function(self._next_word, reduce_retracing=True)

    def joke(self, number: int) -> str:
        """Writes joke number N.

        Args:
            number: Any number from 0; the same number, generator and sampler
                give the same joke.

        Returns:
            The joke as a person would write it. It is never empty and holds
            no special word.
        """
        random = np.random.default_rng(number)
        state = self.generator.initial_state(1)
        ids: list[int] = []
        word = START
        for _ in range(self.max_length):
            logits, state = self._step(tf.constant([word]), state)
            logits = logits.numpy()
            logits[:, [PAD, UNKNOWN, START]] = -np.inf
            if not ids:
                logits[:, END] = -np.inf
            word = int(self.sampler(logits, random)[0])
            if word == END:
                break
            ids.append(word)
        return self.vocabulary.decode(self._close_quotation(ids))

    def _close_quotation(self, ids: list[int]) -> list[int]:
        """Ends a quotation that a joke began and forgot."""
        (mark,) = self.vocabulary.encode(['"'])
        if mark == UNKNOWN or ids.count(mark) % 2 == 0:
            return ids
        return ids[:-1] if len(ids) > 1 and ids[-1] == mark else [*ids, mark]

    def _next_word(self, ids: tf.Tensor, state: list) -> tuple:
        return self.generator.step(self.generator.embedding(ids), state)
