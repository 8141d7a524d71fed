"""Tells jokes to a visitor, by whatever way to choose words was asked for."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

from gancore.errors import FailedWork, UserError
from textgan.data.profanity import is_clean, only_clean
from textgan.inference.logits_processors import NoRepeats
from textgan.inference.samplers import Greedy, Sampler, Temperature, TopK, TopP
from textgan.inference.text_generator import Writer

BEAM = "beam search"
GREEDY = "greedy"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What a visitor wants to be told.

    Attributes:
        prompt: How every joke begins.
        way: One of `WAYS`.
        temperature: Of the samplers that have one, above 0.
        top_p: Share of the probability that `top-p` keeps, in (0, 1].
        top_k: Words that `top-k` keeps.
        beams: Beams of `BEAM`, and the most jokes it can tell.
        no_repeats: No run of so many words stands twice in a joke; 0 for any.
        count: Jokes.
        first: Number of the first one; the same gives the same.
    """

    prompt: str
    way: str
    temperature: float
    top_p: float
    top_k: int
    beams: int
    no_repeats: int
    count: int
    first: int


_SAMPLERS: dict[str, Callable[[Wish], Sampler]] = {
    "top-p": lambda wish: TopP(wish.top_p, wish.temperature),
    "top-k": lambda wish: TopK(wish.top_k, wish.temperature),
    "temperature": lambda wish: Temperature(wish.temperature),
    GREEDY: lambda wish: Greedy(),
}
WAYS = (*_SAMPLERS, BEAM)
# Ways that leave nothing to chance, so that numbers mean nothing to them.
CERTAIN = (GREEDY, BEAM)


class Teller:
    """Tells the jokes of one writer.

    Args:
        writer: Its generator and vocabulary are used, not its sampler.
        clean: Leave out jokes that are not clean.
    """

    def __init__(self, writer: Writer, clean: bool = True) -> None:
        self._writer = writer
        self._clean = clean

    def unknown_words(self, prompt: str) -> list[str]:
        """Lists the words of a prompt that the model does not know."""
        return self._writer.unknown_words(prompt)

    def tell(self, wish: Wish) -> Iterator[tuple[int, str]]:
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
        writer = copy.copy(self._writer)
        writer.guards = [NoRepeats(wish.no_repeats)] if wish.no_repeats else []
        jokes: Iterable[str]
        first = 1
        if wish.way == BEAM:
            jokes = writer.likeliest(wish.prompt, wish.beams)
        else:
            writer.sampler = _SAMPLERS[wish.way](wish)
            numbers: Iterable[int] = [0]
            if wish.way != GREEDY:
                first, numbers = wish.first, itertools.count(wish.first)
            jokes = writer.jokes(numbers, wish.prompt)
        numbered = enumerate(jokes, first)
        told = only_clean(numbered) if self._clean else numbered
        silent = True
        for pair in itertools.islice(told, wish.count):
            silent = False
            yield pair
        if silent:
            raise FailedWork("no joke found is clean; try another beginning")
