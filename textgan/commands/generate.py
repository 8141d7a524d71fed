"""The command `generate`: writes jokes, one to a line."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.training import tf_setup
from gancore.training.config import OUTPUT
from textgan.data.profanity import filter_profanity, is_clean
from textgan.inference.sampler_config import CHOICE, SamplerConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerateOptions(SamplerConfig):
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
    num_beams: int = option(
        0,
        "Writes the likeliest jokes, so many searched at a time, in place of "
        "samples; 0 for none.",
        group=CHOICE,
        unit="beams",
        low=0,
        high=100,
        was="beam",
    )
    no_repeat_ngram_size: int = option(
        0,
        "No run of so many words and marks stands twice in a joke; 0 for none.",
        group=CHOICE,
        low=0,
        was="no_repeats",
    )
    block_verbatim: str | None = option(
        None,
        "File of texts none of which may be written word for word.",
        group=CHOICE,
        takes="FILE",
        was="no_copies",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        chance = dataclasses.fields(SamplerConfig)
        chosen = any(getattr(self, f.name) != f.default for f in chance)
        if self.num_beams and (chosen or self.joke):
            flags = ", ".join(f"--{field.name}" for field in chance)
            raise UserError(f"--num_beams leaves nothing to chance: no {flags}")
        if self.num_beams and self.count > self.num_beams:
            raise UserError(
                f"--num_beams {self.num_beams} finds no more than so many jokes, not "
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
    tf_setup.set_up_inference(0)

    from textgan.evaluation.perplexity import rows_of
    from textgan.evaluation.references import read_file
    from textgan.inference.load import load
    from textgan.inference.logits_processors import (
        LogitsProcessor,
        NoRepeatNGram,
        NoVerbatimCopy,
    )

    logits_processors: list[LogitsProcessor] = []
    text_generator = load(
        options.model,
        sampler=options.sampler(),
        logits_processors=logits_processors,
        max_length=options.max_length,
    )
    if options.no_repeat_ngram_size:
        logits_processors.append(NoRepeatNGram(options.no_repeat_ngram_size))
    if options.block_verbatim:
        known = read_file(options.block_verbatim, "--block_verbatim")
        rows = rows_of(text_generator.vocabulary, known)
        logits_processors.append(NoVerbatimCopy(row[1:-1] for row in rows))
    jokes: Iterable[str]
    if options.num_beams:
        jokes = text_generator.beam_search_texts(prompt, options.num_beams)
    else:
        jokes = text_generator.jokes(itertools.count(options.joke), prompt)
    numbered = enumerate(jokes, options.joke)
    kept = filter_profanity(numbered) if options.clean else numbered
    for _, joke in itertools.islice(kept, options.count):
        print(joke, flush=True)
    return 0
