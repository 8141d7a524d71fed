"""The command `generate`: writes jokes, one to a line."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

from adversarial import runtime
from adversarial.command_line import check_ranges, option
from adversarial.messages import FailedWork, UserError
from adversarial.options import OUTPUT
from textgan.cleanliness import is_clean

_CHOICE = "choice of words"
# So many unclean jokes one after another, and there will be no clean one.
_PATIENCE = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerateOptions:
    """Options of `python -m textgan generate`."""

    model: str = option(
        "model.h5", "Generator: a name, or an .h5 file.", group=OUTPUT
    )
    prompt: str | None = option(None, "How every joke begins.", group=OUTPUT)
    count: int = option(1, "Jokes to write.", group=OUTPUT, unit="jokes", low=1)
    joke: int = option(
        0, "Number of the first; the same gives the same.", group=OUTPUT, low=0
    )
    clean: bool = option(
        True, "Leave out jokes with slurs or profanity.", group=OUTPUT
    )
    max_length: int = option(
        100, "Longest joke.", group=OUTPUT, unit="words and marks", low=1
    )
    temperature: float = option(
        0.7,
        "Below 1 likely words become likelier; 0 takes the likeliest.",
        group=_CHOICE,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        0.9,
        "Only the likeliest words of this total share.",
        group=_CHOICE,
        low=0.01,
        high=1.0,
    )
    top_k: int = option(
        0,
        "Only so many of the likeliest words, in place of a share; 0 for none.",
        group=_CHOICE,
        low=0,
    )
    beam: int = option(
        0,
        "Writes the likeliest jokes, so many searched at a time, in place of "
        "samples; 0 for none.",
        group=_CHOICE,
        unit="beams",
        low=0,
        high=1_000,
    )
    no_repeats: int = option(
        0,
        "No run of so many words and marks stands twice in a joke; 0 for none.",
        group=_CHOICE,
        low=0,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.beam and self.count > self.beam:
            raise UserError(
                f"--beam {self.beam} finds no more than so many jokes, not "
                f"--count {self.count}"
            )


def run(options: GenerateOptions) -> int:
    """Prints jokes as they are written.

    Returns:
        0.
    """
    runtime.start(0)

    from textgan.guards import NoRepeats
    from textgan.loading import load
    from textgan.sampling import Greedy, Sampler, TopK, TopP

    sampler: Sampler
    if not options.temperature:
        sampler = Greedy()
    elif options.top_k:
        sampler = TopK(options.top_k, options.temperature)
    else:
        sampler = TopP(options.top_p, options.temperature)
    writer = load(
        options.model,
        sampler=sampler,
        guards=[NoRepeats(options.no_repeats)] if options.no_repeats else [],
        max_length=options.max_length,
    )
    prompt = options.prompt or ""
    jokes: Iterable[str]
    if options.beam:
        jokes = writer.likeliest(prompt, options.beam)
    else:
        jokes = writer.jokes(itertools.count(options.joke), prompt)
    if options.clean:
        jokes = _clean(jokes)
    for joke in itertools.islice(jokes, options.count):
        print(joke, flush=True)
    return 0


def _clean(jokes: Iterable[str]) -> Iterator[str]:
    refused = 0
    for joke in jokes:
        if is_clean(joke):
            refused = 0
            yield joke
            continue
        refused += 1
        if refused == _PATIENCE:
            raise FailedWork(
                f"{refused} jokes one after another hold slurs or profanity; "
                "try another --prompt"
            )
