"""Requests for texts, each with a decoding strategy of its own."""

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
    """What to generate, and how.

    Attributes:
        prompt: Text that every joke starts with.
        strategy: One of `STRATEGIES`.
        temperature: Sampling temperature, above 0.
        top_p: Probability that `top-p` keeps, in (0, 1].
        top_k: Number of tokens that `top-k` keeps.
        num_beams: Beams of `BEAM_SEARCH`, and the most jokes it returns.
        no_repeat_ngram_size: Length of n-grams that no joke repeats; 0 for
            off.
        count: Number of jokes.
        first: Number of the first joke, which seeds it.
    """

    prompt: str
    strategy: str
    temperature: float
    top_p: float
    top_k: int
    num_beams: int
    no_repeat_ngram_size: int
    count: int
    first: int


_SAMPLERS: dict[str, Callable[[GenerationRequest], Sampler]] = {
    "top-p": lambda request: TopP(request.top_p, request.temperature),
    "top-k": lambda request: TopK(request.top_k, request.temperature),
    "temperature": lambda request: Temperature(request.temperature),
    GREEDY: lambda request: Greedy(),
}
STRATEGIES = (*_SAMPLERS, BEAM_SEARCH)
# Strategies that draw nothing, so that the number of a joke has no effect.
DETERMINISTIC = (GREEDY, BEAM_SEARCH)


def generate_request(
    text_generator: TextGenerator,
    request: GenerationRequest,
    *,
    clean: bool = True,
) -> Iterator[tuple[int, str]]:
    """Generates the jokes of a request, one after another.

    Args:
        text_generator: Its generator and vocabulary are used; its sampler and
            logits processors are neither used nor changed.
        request: What to generate, and how.
        clean: Leave out jokes that are not clean.

    Yields:
        The number and the text of each joke; of a deterministic strategy the
        rank, from 1.

    Raises:
        UserError: If the prompt is not clean or too long.
        RuntimeFailure: If no clean joke was found.
    """
    if clean and not is_clean(request.prompt):
        raise UserError("the prompt is not clean; try another one")
    # A copy shares the network and its traced step.
    text_generator = copy.copy(text_generator)
    text_generator.logits_processors = (
        [NoRepeatNGram(request.no_repeat_ngram_size)]
        if request.no_repeat_ngram_size
        else []
    )
    jokes: Iterable[str]
    first = 1
    if request.strategy == BEAM_SEARCH:
        jokes = text_generator.beam_search(request.prompt, request.num_beams)
    else:
        text_generator.sampler = _SAMPLERS[request.strategy](request)
        numbers: Iterable[int] = [0]
        if request.strategy != GREEDY:
            first, numbers = request.first, itertools.count(request.first)
        jokes = text_generator.generate_stream(numbers, request.prompt)
    numbered = enumerate(jokes, first)
    kept = filter_profanity(numbered) if clean else numbered
    found = False
    for pair in itertools.islice(kept, request.count):
        found = True
        yield pair
    if not found:
        raise RuntimeFailure("no text found is clean; try another prompt")
