"""The command `generate`: writes jokes, one to a line."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

from gancore.cli.options import check_ranges, option
from gancore.errors import UserError
from gancore.training import tf_setup
from gancore.training.config import OUTPUT
from textgan.data.profanity import is_clean, only_clean
from textgan.inference.sampler_config import CHOICE, SamplerOptions


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerateOptions(SamplerOptions):
    """Options of `python -m textgan generate`."""

    model: str = option(
        "jokes",
        "Generator: a name, or an .h5 file.",
        group=OUTPUT,
        takes="FILE",
    )
    prompt: str | None = option(None, "How every joke begins.", group=OUTPUT)
    count: int = option(1, "Jokes to write.", group=OUTPUT, unit="jokes", low=1)
    joke: int = option(
        0, "Number of the first; the same gives the same.", group=OUTPUT, low=0
    )
    clean: bool = option(
        True,
        "Leave out jokes with slurs, profanity or unkind topics.",
        group=OUTPUT,
    )
    max_length: int = option(
        0,
        "Longest joke, in words and marks or in characters, as the model has "
        "it; 0 for 100 or 500.",
        group=OUTPUT,
        low=0,
    )
    beam: int = option(
        0,
        "Writes the likeliest jokes, so many searched at a time, in place of "
        "samples; 0 for none.",
        group=CHOICE,
        unit="beams",
        low=0,
        high=100,
    )
    no_repeats: int = option(
        0,
        "No run of so many words and marks stands twice in a joke; 0 for none.",
        group=CHOICE,
        low=0,
    )
    no_copies: str | None = option(
        None,
        "File of texts none of which may be written word for word.",
        group=CHOICE,
        takes="FILE",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        chance = dataclasses.fields(SamplerOptions)
        chosen = any(getattr(self, f.name) != f.default for f in chance)
        if self.beam and (chosen or self.joke):
            flags = ", ".join(f"--{field.name}" for field in chance)
            raise UserError(f"--beam leaves nothing to chance: no {flags}")
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
    prompt = options.prompt or ""
    if options.clean and not is_clean(prompt):
        raise UserError("the --prompt is not clean; --no-clean writes on")
    tf_setup.start(0)

    from textgan.evaluation.perplexity import rows_of
    from textgan.evaluation.references import read_file
    from textgan.inference.load import load
    from textgan.inference.logits_processors import Guard, NoCopies, NoRepeats

    guards: list[Guard] = []
    writer = load(
        options.model,
        sampler=options.sampler(),
        guards=guards,
        max_length=options.max_length,
    )
    if options.no_repeats:
        guards.append(NoRepeats(options.no_repeats))
    if options.no_copies:
        known = read_file(options.no_copies, "--no_copies")
        rows = rows_of(writer.vocabulary, known)
        guards.append(NoCopies(row[1:-1] for row in rows))
    jokes: Iterable[str]
    if options.beam:
        jokes = writer.likeliest(prompt, options.beam)
    else:
        jokes = writer.jokes(itertools.count(options.joke), prompt)
    numbered = enumerate(jokes, options.joke)
    kept = only_clean(numbered) if options.clean else numbered
    for _, joke in itertools.islice(kept, options.count):
        print(joke, flush=True)
    return 0
