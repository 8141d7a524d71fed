"""Writes jokes: a generator, a vocabulary and a sampler at work."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from gancore.errors import UserError
from textgan.data.normalize import normalize
from textgan.data.token_levels import LEVELS
from textgan.data.tokenizer import GAP, GLUE
from textgan.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary
from textgan.inference.beam_search import beam_search
from textgan.inference.logits_processors import LogitsProcessor
from textgan.inference.samplers import Sampler, TopP
from textgan.models.generator import Generator, State

logger = logging.getLogger(__name__)


class TextGenerator:
    """Writes numbered jokes, keeping the LSTM's state from word to word.

    Args:
        generator: A trained `Generator`.
        vocabulary: The one it was trained with.
        sampler: Chooses each word.
        logits_processors: Forbid words before the sampler chooses.
        max_length: Longest joke, prompt included, in words and marks or in
            characters; by default the `longest` of the vocabulary's level.
        batch_size: Jokes that are written side by side.

    Examples:
        >>> import textgan
        >>> text generator = textgan.load("jokes")
        >>> first, second = text generator.generate("Why did the", count=2)
        >>> first.startswith("Why did the")
        True
        >>> second == text generator.joke(1, "Why did the")
        True
    """

    def __init__(
        self,
        generator: Generator,
        vocabulary: Vocabulary,
        sampler: Sampler | None = None,
        *,
        logits_processors: Sequence[LogitsProcessor] = (),
        max_length: int | None = None,
        batch_size: int = 64,
    ) -> None:
        self.generator = generator
        self.vocabulary = vocabulary
        self.sampler = sampler or TopP(0.9, 0.7)
        self.logits_processors = logits_processors
        level = LEVELS[vocabulary.level]
        self.max_length = max_length or level.longest
        self.batch_size = batch_size
        self._step = tf.function(self._next_word, reduce_retracing=True)
        marks = vocabulary.encode([GLUE, GAP])
        self._never = [PAD, UNKNOWN, START]
        self._never_first = [END, *(i for i in marks if i != UNKNOWN)]

    def generate(
        self, prompt: str = "", count: int = 1, *, joke: int = 0
    ) -> list[str]:
        """Writes some jokes.

        Args:
            prompt: How each joke begins.
            count: Number of jokes.
            joke: Number of the first; the same gives the same.

        Raises:
            UserError: If the prompt is as long as a joke may be.
        """
        return list(self.jokes(range(joke, joke + count), prompt))

    def joke(self, number: int, prompt: str = "") -> str:
        """Writes joke number N, as `jokes` does."""
        return next(self.jokes([number], prompt))

    def jokes(self, numbers: Iterable[int], prompt: str = "") -> Iterator[str]:
        """Writes jokes, one after another, whatever their number.

        Args:
            numbers: Any numbers from 0; the same number, generator, sampler
                and prompt give the same joke.
            prompt: How each joke begins.

        Yields:
            Jokes as a person would write them. None is empty or holds a
            special word but those of the prompt.

        Raises:
            UserError: If the prompt is as long as a joke may be.
        """
        tokens = self._read(prompt)
        remaining = iter(numbers)
        while batch := list(islice(remaining, self.batch_size)):
            for ids in self._write(batch, self.vocabulary.encode(tokens)):
                yield self._spell(tokens, ids)

    def beam_search_texts(self, prompt: str = "", width: int = 5) -> list[str]:
        """Writes the likeliest jokes a beam search finds, best first.

        Args:
            prompt: How each joke begins.
            width: Jokes, and beams that are followed at a time.

        Raises:
            UserError: If the prompt is as long as a joke may be.
        """
        tokens = self._read(prompt)
        start = self.vocabulary.encode(tokens)
        logits, state = self._begin([np.random.default_rng(0)], start)

        def step(ids: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
            logits, state = self._step(tf.constant(ids, tf.int32), state)
            return self._logs(logits), [array.numpy() for array in state]

        first = self._logs(logits)[0]
        if not start:
            first[self._never_first] = -np.inf
        found = beam_search(
            step,
            first,
            [array.numpy() for array in state],
            end=END,
            width=width,
            max_length=self.max_length - len(start),
            logits_processors=self.logits_processors,
            prompt=start,
        )
        return [self._spell(tokens, ids) for _, ids in found]

    def unknown_words(self, prompt: str) -> list[str]:
        """Lists the words of a prompt that are not in the vocabulary, once."""
        tokens = LEVELS[self.vocabulary.level].split(normalize(prompt))
        ids = self.vocabulary.encode(tokens)
        strange = (t for t, i in zip(tokens, ids, strict=True) if i == UNKNOWN)
        return list(dict.fromkeys(strange))

    def _read(self, prompt: str) -> list[str]:
        tokens = LEVELS[self.vocabulary.level].split(normalize(prompt))
        if len(tokens) >= self.max_length:
            raise UserError(
                f"the prompt has {len(tokens)} words and marks; a joke has "
                f"{self.max_length} at most"
            )
        strange = self.unknown_words(prompt)
        if strange:
            named = ", ".join(strange)
            logger.warning(
                f"the model does not know {named}, and reads on without"
            )
        return tokens

    def _begin(
        self, chance: Sequence[np.random.Generator], start: Sequence[int]
    ) -> tuple[Any, Any]:
        """Draws the latent codes, if there are any, and reads the prompt."""
        rows, width = len(chance), self.generator.latent_dim
        codes = [random.uniform(-1.0, 1.0, width) for random in chance]
        code = np.array(codes, "float32") if width else None
        state = self.generator.initial_state(rows, code)
        for word in (START, *start):
            logits, state = self._step(tf.fill([rows], word), state)
        return logits, state

    def _write(
        self, numbers: Sequence[int], start: Sequence[int]
    ) -> list[list[int]]:
        # Always as many rows, so that a joke does not hang on its neighbours
        # by a rounding error.
        rows = self.batch_size
        padded = [*numbers, *[0] * (rows - len(numbers))]
        chance = [np.random.default_rng(number) for number in padded]
        written = [list(start) for _ in numbers]
        going = np.ones(len(numbers), bool)
        logits, state = self._begin(chance, start)
        for _ in range(self.max_length - len(start)):
            allowed = logits.numpy()[: len(numbers)]
            allowed[:, self._never] = -np.inf
            if not written[0]:
                allowed[:, self._never_first] = -np.inf
            for guard in self.logits_processors:
                guard(allowed, written)
            draws = np.array([r.random() for r in chance[: len(numbers)]])
            words = self.sampler(allowed, draws)
            going &= words != END
            if not going.any():
                break
            for i in np.flatnonzero(going):
                written[i].append(int(words[i]))
            words = np.pad(words, (0, rows - len(words)))
            logits, state = self._step(tf.constant(words, tf.int32), state)
        return [ids[len(start) :] for ids in written]

    def _spell(self, tokens: Sequence[str], ids: Sequence[int]) -> str:
        words = [*tokens, *self.vocabulary.ids_to_tokens(ids)]
        join = LEVELS[self.vocabulary.level].join
        return join(_close_quotation(words))

    def _logs(self, logits: Any) -> np.ndarray:
        allowed = logits.numpy().astype("float64")
        allowed[:, self._never] = -np.inf
        allowed -= allowed.max(axis=-1, keepdims=True)
        return allowed - np.log(np.exp(allowed).sum(axis=-1, keepdims=True))

    def _next_word(self, ids: tf.Tensor, state: State) -> tuple[Any, State]:
        return self.generator.step(self.generator.embedding(ids), state)


def _close_quotation(words: list[str]) -> list[str]:
    """Ends a quotation that a joke began and forgot."""
    mark = '"'
    if words.count(mark) % 2 == 0:
        return words
    return (
        words[:-1] if len(words) > 1 and words[-1] == mark else [*words, mark]
    )
