"""Decodes texts token by token: a generator, its vocabulary and a sampler."""

from __future__ import annotations

import functools
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


class Decoder:
    """Decodes numbered texts token by token, caching the LSTM's state.

    Args:
        generator: A trained `Generator`.
        vocabulary: The vocabulary it was trained with.
        sampler: Chooses each token. Defaults to `TopP(0.9, 0.7)`.
        logits_processors: Applied in order to the logits before sampling.
        max_length: Longest text in tokens (words and punctuation marks, or
            characters), prompt included. Defaults to the `longest` of the
            vocabulary's token level.
        batch_size: Number of texts generated in parallel.
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
        self._step = tf.function(self._next_logits, reduce_retracing=True)
        joiners = vocabulary.encode([GLUE, GAP])
        self._never = [PAD, UNKNOWN, START]
        self._never_first = [END, *(i for i in joiners if i != UNKNOWN)]

    def generate_stream(
        self, numbers: Iterable[int], prompt: str = ""
    ) -> Iterator[str]:
        """Generates texts one after another, however many.

        Args:
            numbers: Seeds of the texts, from 0; may be infinite. The same
                number, generator, sampler and prompt give the same text.
            prompt: Text that each of them starts with.

        Yields:
            Detokenized texts. None is empty or has a special token other than
            those of the prompt.

        Raises:
            UserError: If the prompt has `max_length` tokens or more.
        """
        return self.decode((number, prompt) for number in numbers)

    def decode(self, requests: Iterable[tuple[int, str]]) -> Iterator[str]:
        """Generates texts of several prompts in batches.

        Args:
            requests: Pairs of a seed and a prompt; may be infinite.

        Yields:
            As `generate_stream`.

        Raises:
            UserError: If a prompt has `max_length` tokens or more.
        """
        tokenize = functools.lru_cache(self.batch_size)(self._tokenize_prompt)
        remaining = iter(requests)
        while batch := list(islice(remaining, self.batch_size)):
            numbers = [number for number, _ in batch]
            prompts = [tokenize(prompt) for _, prompt in batch]
            found = self._sample(
                numbers, [*map(self.vocabulary.encode, prompts)]
            )
            for tokens, ids in zip(prompts, found, strict=True):
                yield self._detokenize(tokens, ids)

    def beam_search(self, prompt: str = "", num_beams: int = 5) -> list[str]:
        """Searches for the most likely texts.

        Args:
            prompt: Text that each of them starts with.
            num_beams: Beams, and the largest number of texts returned.

        Returns:
            Up to `num_beams` texts, the most likely first.

        Raises:
            UserError: If the prompt has `max_length` tokens or more.
        """
        tokens = self._tokenize_prompt(prompt)
        prompt_ids = self.vocabulary.encode(tokens)
        logits, state = self._prefill([np.random.default_rng(0)], prompt_ids)

        def step(ids: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
            logits, state = self._step(tf.constant(ids, tf.int32), state)
            return self._log_probs(logits), [array.numpy() for array in state]

        log_probs = self._log_probs(logits)[0]
        if not prompt_ids:
            log_probs[self._never_first] = -np.inf
        found = beam_search(
            step,
            log_probs,
            [array.numpy() for array in state],
            end_id=END,
            num_beams=num_beams,
            max_length=self.max_length - len(prompt_ids),
            logits_processors=self.logits_processors,
            prompt_ids=prompt_ids,
        )
        return [self._detokenize(tokens, ids) for _, ids in found]

    def unknown_words(self, prompt: str) -> list[str]:
        """Returns the tokens of a prompt not in the vocabulary, each once."""
        tokens = LEVELS[self.vocabulary.level].split(normalize(prompt))
        ids = self.vocabulary.encode(tokens)
        unknown = (t for t, i in zip(tokens, ids, strict=True) if i == UNKNOWN)
        return list(dict.fromkeys(unknown))

    def _tokenize_prompt(self, prompt: str) -> list[str]:
        tokens = LEVELS[self.vocabulary.level].split(normalize(prompt))
        if len(tokens) >= self.max_length:
            raise UserError(
                f"the prompt has {len(tokens)} tokens; a text has "
                f"{self.max_length} at most"
            )
        if unknown := self.unknown_words(prompt):
            logger.warning(
                f"not in the vocabulary, read as <unk>: {', '.join(unknown)}"
            )
        return tokens

    def _prefill(
        self, rngs: Sequence[np.random.Generator], prompt_ids: Sequence[int]
    ) -> tuple[Any, Any]:
        """Draws the latent codes, if there are any, and feeds the prompt."""
        rows, width = len(rngs), self.generator.latent_dim
        codes = [rng.uniform(-1.0, 1.0, width) for rng in rngs]
        code = np.array(codes, "float32") if width else None
        state = self.generator.initial_state(rows, code)
        for token in (START, *prompt_ids):
            logits, state = self._step(tf.fill([rows], token), state)
        return logits, state

    def _sample(
        self, numbers: Sequence[int], prompts: Sequence[Sequence[int]]
    ) -> list[list[int]]:
        """Samples the ids that continue each prompt, one for each number."""
        # The batch is always full, so that rounding errors, and with them a
        # text, do not depend on the number of other texts.
        rows = self.batch_size
        padded = [*numbers, *[0] * (rows - len(numbers))]
        rngs = [np.random.default_rng(number) for number in padded]
        texts: list[list[int]] = [[] for _ in numbers]
        unfinished = np.ones(len(numbers), bool)
        logits, state = self._prefill(rngs, [])
        for position in range(self.max_length):
            given = [position < len(prompt) for prompt in prompts]
            ids = np.zeros(rows, "int32")
            for row in np.flatnonzero(given).tolist():
                ids[row] = prompts[row][position]
            drawn = np.flatnonzero(unfinished & ~np.array(given))
            if len(drawn):
                ids[drawn] = self._draw(
                    logits.numpy()[drawn],
                    [texts[i] for i in drawn],
                    np.array([rngs[i].random() for i in drawn]),
                )
                unfinished[drawn] = ids[drawn] != END
            if not unfinished.any():
                break
            for i in np.flatnonzero(unfinished):
                texts[i].append(int(ids[i]))
            logits, state = self._step(tf.constant(ids), state)
        return [
            ids[len(prompt) :]
            for ids, prompt in zip(texts, prompts, strict=True)
        ]

    def _draw(
        self, scores: np.ndarray, texts: list[list[int]], draws: np.ndarray
    ) -> np.ndarray:
        """Draws the next token of texts from their logits."""
        scores[:, self._never] = -np.inf
        for row, text in zip(scores, texts, strict=True):
            if not text:
                row[self._never_first] = -np.inf
        for processor in self.logits_processors:
            processor(scores, texts)
        return self.sampler(scores, draws)

    def _detokenize(self, prompt: Sequence[str], ids: Sequence[int]) -> str:
        tokens = [*prompt, *self.vocabulary.ids_to_tokens(ids)]
        join = LEVELS[self.vocabulary.level].join
        return join(_close_quotation(tokens))

    def _log_probs(self, logits: Any) -> np.ndarray:
        scores = logits.numpy().astype("float64")
        scores[:, self._never] = -np.inf
        scores -= scores.max(axis=-1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))

    def _next_logits(self, ids: tf.Tensor, state: State) -> tuple[Any, State]:
        return self.generator.step(self.generator.embedding(ids), state)


def _close_quotation(tokens: list[str]) -> list[str]:
    """Closes a quotation that was left open."""
    mark = '"'
    if tokens.count(mark) % 2 == 0:
        return tokens
    if len(tokens) > 1 and tokens[-1] == mark:
        return tokens[:-1]
    return [*tokens, mark]
