"""Tells jokes to a visitor, by whatever way to choose words was asked for."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

from gancore.errors import RuntimeFailure, UserError
from textgan.data.profanity import filter_profanity, is_clean
from textgan.inference.logits_processors import NoRepeatNGram
from textgan.inference.samplers import Greedy, Sampler, Temperature, TopK, TopP
from textgan.inference.text_generator import TextGenerator

BEAM_SEARCH = "beam search"
GREEDY = "greedy"


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """What a visitor wants to be told.

    Attributes:
        prompt: How every joke begins.
        way: One of `WAYS`.
        temperature: Of the samplers that have one, above 0.
        top_p: Share of the probability that `top-p` keeps, in (0, 1].
        top_k: Words that `top-k` keeps.
        beams: Beams of `BEAM`, and the most jokes it can tell.
        no_repeat_ngram_size: No run of so many words stands twice in a joke; 0 for any.
        count: Jokes.
        first: Number of the first one; the same gives the same.
    """

    prompt: str
    way: str
    temperature: float
    top_p: float
    top_k: int
    beams: int
    no_repeat_ngram_size: int
    count: int
    first: int


_SAMPLERS: dict[str, Callable[[GenerationRequest], Sampler]] = {
    "top-p": lambda wish: TopP(wish.top_p, wish.temperature),
    "top-k": lambda wish: TopK(wish.top_k, wish.temperature),
    "temperature": lambda wish: Temperature(wish.temperature),
    GREEDY: lambda wish: Greedy(),
}
STRATEGIES = (*_SAMPLERS, BEAM_SEARCH)
# Ways that leave nothing to chance, so that numbers mean nothing to them.
DETERMINISTIC = (GREEDY, BEAM_SEARCH)


class RequestRunner:
    """Tells the jokes of one text generator.

    Args:
        text_generator: Its generator and vocabulary are used, not its sampler.
        clean: Leave out jokes that are not clean.
    """

    def __init__(
        self, text_generator: TextGenerator, clean: bool = True
    ) -> None:
        self._text_generator = text_generator
        self._clean = clean

    def unknown_words(self, prompt: str) -> list[str]:
        """Lists the words of a prompt that the model does not know."""
        return self._text_generator.unknown_words(prompt)

    def tell(self, wish: GenerationRequest) -> Iterator[tuple[int, str]]:
        """Tells jokes as they are written.

        Yields:
            The number and the text of each joke; where nothing is left to
            chance, its rank, from 1.

        Raises:
            UserError: If the prompt is unclean or too long.
            FailedWork: If no clean joke was found.
        """
        if self._clean and not is_clean(wish.prompt):
            raise UserError("the beginning is not clean; try another one")
        # One for each wish, with the network, traced once, in common.
        text_generator = copy.copy(self._text_generator)
        text_generator.logits_processors = (
            [NoRepeatNGram(wish.no_repeat_ngram_size)]
            if wish.no_repeat_ngram_size
            else []
        )
        jokes: Iterable[str]
        first = 1
        if wish.way == BEAM_SEARCH:
            jokes = text_generator.beam_search_texts(wish.prompt, wish.beams)
        else:
            text_generator.sampler = _SAMPLERS[wish.way](wish)
            numbers: Iterable[int] = [0]
            if wish.way != GREEDY:
                first, numbers = wish.first, itertools.count(wish.first)
            jokes = text_generator.jokes(numbers, wish.prompt)
        numbered = enumerate(jokes, first)
        message = filter_profanity(numbered) if self._clean else numbered
        silent = True
        for pair in itertools.islice(message, wish.count):
            silent = False
            yield pair
        if silent:
            raise RuntimeFailure(
                "no joke found is clean; try another beginning"
            )
