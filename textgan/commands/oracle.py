"""The command `oracle`: SeqGAN's experiment with a synthetic language."""

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
    """Options of `python -m textgan oracle`.

    Raises:
        UserError: If a value is out of its range, or not just one of `texts`
            and `model` is given.
    """

    texts: str | None = option(
        None,
        "File to write, with texts sampled from the oracle, to train on.",
        group=OUTPUT,
        takes="FILE",
    )
    model: str | None = option(
        None,
        "Generator to score, trained on such texts: an .h5 file.",
        group=DATA,
        takes="FILE",
    )
    oracle: str | None = option(
        None,
        "File of the weights of SeqGAN's oracle, an .npz; without it, an LSTM "
        "of random weights.",
        group=DATA,
        takes="FILE",
    )
    count: int = option(
        10_000, "Number of texts to sample.", group=DATA, unit="texts", low=2
    )
    temperature: float = option(
        1.0,
        "Sampling temperature of the generator.",
        group=DATA,
        low=0.01,
        high=100.0,
    )
    seed: int = option(1, "Seed of the oracle's texts.", group=DATA, low=0)
    overwrite: bool = option(False, "Replace an existing file.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        if (self.texts is None) == (self.model is None):
            raise UserError(
                "give --texts to sample some, or --model to score one"
            )


def run(options: OracleOptions) -> int:
    """Saves texts of the oracle, or scores a generator trained on them.

    Returns:
        0.

    Raises:
        UserError: If a file cannot be used, or the model was trained on other
            texts.
    """
    from textgan.evaluation.oracle import Oracle, ids_to_texts

    if options.texts:
        check_outputs([Path(options.texts)], options.overwrite)
    oracle = (
        Oracle.load(Path(options.oracle))
        if options.oracle
        else Oracle.random(1)
    )
    texts = oracle.sample(options.count, options.seed)
    print(f"the oracle's own texts: {oracle.nll(texts):.3f} nats/word")
    if options.texts:
        from gancore.io.tables import write_text

        write_text(Path(options.texts), "\n".join(ids_to_texts(texts)) + "\n")
        print(f"{options.count} texts saved to {options.texts}")
        return 0

    tf_setup.set_up_inference(0)
    from textgan.data.vocabulary import END, SPECIAL, UNKNOWN
    from textgan.evaluation.oracle import LENGTH, is_oracle_word, texts_to_ids
    from textgan.evaluation.perplexity import encode_texts, token_nll
    from textgan.inference.load import load
    from textgan.inference.samplers import Temperature

    def mask_end(logits: np.ndarray, _: Sequence[Sequence[int]]) -> None:
        # In this experiment all texts have the same length.
        logits[:, END] = -np.inf

    text_generator = load(
        str(options.model),
        sampler=Temperature(options.temperature),
        logits_processors=[mask_end],
        max_length=LENGTH,
        batch_size=256,
    )
    words = text_generator.vocabulary.words[len(SPECIAL) :]
    if (
        not all(map(is_oracle_word, words))
        or text_generator.generator.latent_dim
    ):
        raise UserError(
            f"{options.model} was not trained on an oracle's texts alone"
        )
    generated = texts_to_ids(text_generator.generate(count=options.count))
    print(f"NLL_oracle of its texts: {oracle.nll(generated):.3f} nats/word")
    rows = encode_texts(text_generator.vocabulary, ids_to_texts(texts))
    nll = token_nll(text_generator.generator, rows).reshape(options.count, -1)
    print(f"NLL_gen of the oracle's: {nll[:, :LENGTH].mean():.3f} nats/word")
    unique = len(np.unique(generated, axis=0)) / options.count
    unknown = np.mean([UNKNOWN in row for row in rows])
    print(f"test texts with an unknown word: {100 * unknown:.1f} %")
    print(f"unique texts: {100 * unique:.1f} %")
    return 0
