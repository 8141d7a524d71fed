"""The command `generate`: generates jokes, one per line."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.training import tf_setup
from gancore.training.config import OUTPUT
from textgan.data.profanity import filter_profanity, is_clean
from textgan.inference.sampler_config import DECODING, SamplerConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerateOptions(SamplerConfig):
    """Options of `python -m textgan generate`.

    Raises:
        UserError: If a value is out of its range, or options exclude each
            other.
    """

    model: str = option(
        "jokes",
        "Generator: name of pretrained weights, or an .h5 file.",
        group=OUTPUT,
        takes="FILE",
    )
    prompt: str | None = option(
        None, "Prompt that every text starts with.", group=OUTPUT
    )
    count: int = option(
        1, "Number of texts.", group=OUTPUT, unit="texts", low=1
    )
    joke: int = option(
        0,
        "Number of the first text; the same number gives the same text.",
        group=OUTPUT,
        low=0,
    )
    clean: bool = option(
        True,
        "Leave out texts with slurs, profanity or sensitive topics.",
        group=OUTPUT,
    )
    max_length: int = option(
        0,
        "Maximum length of a text; 0 for that of the longest training text, "
        "but at least 100 words and punctuation marks, or 500 characters.",
        group=OUTPUT,
        unit="tokens",
        low=0,
    )
    num_beams: int = option(
        0,
        "Number of beams of a beam search for the most likely texts, in place "
        "of sampling; 0 for off.",
        group=DECODING,
        unit="beams",
        low=0,
        high=100,
        was="beam",
    )
    no_repeat_ngram_size: int = option(
        0,
        "Size of the n-grams that no text repeats; 0 for off.",
        group=DECODING,
        unit="tokens",
        low=0,
        was="no_repeats",
    )
    block_verbatim: str | None = option(
        None,
        "File of texts that must not be generated verbatim.",
        group=DECODING,
        takes="FILE",
        was="no_copies",
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        sampling = dataclasses.fields(SamplerConfig)
        changed = any(getattr(self, f.name) != f.default for f in sampling)
        if self.num_beams and (changed or self.joke):
            flags = ", ".join(f"--{field.name}" for field in sampling)
            raise UserError(
                f"--num_beams is deterministic and takes no {flags} or --joke"
            )
        if self.num_beams and self.count > self.num_beams:
            raise UserError(
                f"--num_beams {self.num_beams} finds at most as many texts, "
                f"not --count {self.count}"
            )


def run(options: GenerateOptions) -> int:
    """Prints jokes as they are generated.

    Returns:
        0.

    Raises:
        UserError: If the prompt is not clean, or the model or a file cannot
            be used.
    """
    prompt = options.prompt or ""
    if options.clean and not is_clean(prompt):
        raise UserError("the --prompt is not clean; --no-clean allows it")
    tf_setup.set_up_inference(0)

    from textgan.evaluation.perplexity import encode_texts
    from textgan.evaluation.references import read_text_file
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
        blocked = read_text_file(options.block_verbatim, "--block_verbatim")
        rows = encode_texts(text_generator.vocabulary, blocked)
        logits_processors.append(NoVerbatimCopy(row[1:-1] for row in rows))
    jokes: Iterable[str]
    if options.num_beams:
        jokes = text_generator.beam_search(prompt, options.num_beams)
    else:
        numbers = itertools.count(options.joke)
        jokes = text_generator.generate_stream(numbers, prompt)
    numbered = enumerate(jokes, options.joke)
    kept = filter_profanity(numbered) if options.clean else numbered
    for _, joke in itertools.islice(kept, options.count):
        print(joke, flush=True)
    return 0
