"""The command `oracle`: the experiment with a language that is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.io.paths import check_outputs
from gancore.training import tf_setup
from gancore.training.config import DATA, OUTPUT


@dataclasses.dataclass(frozen=True, kw_only=True)
class OracleOptions:
    """Options of `python -m textgan oracle`."""

    texts: str | None = option(
        None,
        "File to write the oracle's texts into, to train on.",
        group=OUTPUT,
        takes="FILE",
    )
    model: str | None = option(
        None,
        "Generator trained on such texts, to score.",
        group=DATA,
        takes="FILE",
    )
    oracle: str | None = option(
        None,
        "An .npz of SeqGAN's oracle; by default one is drawn like it.",
        group=DATA,
        takes="FILE",
    )
    count: int = option(
        10_000, "Texts to write.", group=DATA, unit="texts", low=2
    )
    temperature: float = option(
        1.0, "Of the generator's words.", group=DATA, low=0.01, high=100.0
    )
    seed: int = option(1, "Seeds the oracle's texts.", group=DATA, low=0)
    overwrite: bool = option(False, "Replace a file.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        if (self.texts is None) == (self.model is None):
            raise UserError("give --texts to write some, or --model to score")


def run(options: OracleOptions) -> int:
    """Writes the oracle's texts, or scores a generator that learnt them.

    Returns:
        0.
    """
    from textgan.evaluation.oracle import Oracle, spell

    if options.texts:
        check_outputs([Path(options.texts)], options.overwrite)
    oracle = (
        Oracle.load(Path(options.oracle)) if options.oracle else Oracle.draw(1)
    )
    texts = oracle.write(options.count, options.seed)
    print(f"the oracle's own texts: {oracle.nll(texts):.3f} nats/word")
    if options.texts:
        from gancore.io.tables import write_text

        write_text(Path(options.texts), "\n".join(spell(texts)) + "\n")
        print(f"{options.count} texts written to {options.texts}")
        return 0

    tf_setup.set_up_inference(0)
    from textgan.data.vocabulary import END, SPECIAL, UNKNOWN
    from textgan.evaluation.oracle import LENGTH, is_word, read_numbers
    from textgan.evaluation.perplexity import rows_of, token_nll
    from textgan.inference.load import load
    from textgan.inference.samplers import Temperature

    def never_end(allowed: np.ndarray, _: Sequence[Sequence[int]]) -> None:
        # In this experiment all texts have one length.
        allowed[:, END] = -np.inf

    text_generator = load(
        str(options.model),
        sampler=Temperature(options.temperature),
        logits_processors=[never_end],
        max_length=LENGTH,
        batch_size=256,
    )
    special = len(SPECIAL)
    strange = [
        w for w in text_generator.vocabulary.words[special:] if not is_word(w)
    ]
    if strange or text_generator.generator.latent_dim:
        raise UserError(
            f"{options.model} did not learn an oracle's texts alone"
        )
    written = read_numbers(list(text_generator.jokes(range(options.count))))
    print(f"NLL_oracle of its texts: {oracle.nll(written):.3f} nats/word")
    rows = rows_of(text_generator.vocabulary, spell(texts))
    nll = token_nll(text_generator.generator, rows).reshape(options.count, -1)
    print(f"NLL_gen of the oracle's: {nll[:, :LENGTH].mean():.3f} nats/word")
    unique = len(np.unique(written, axis=0)) / options.count
    unknown = np.mean([UNKNOWN in row for row in rows])
    print(
        f"validation texts with a word it does not know: {100 * unknown:.1f} %"
    )
    print(f"unique texts: {100 * unique:.1f} %")
    return 0
