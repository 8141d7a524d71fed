"""Every knob of a TextGAN training, with its unit, range and reason."""

from __future__ import annotations

import dataclasses

from adversarial.command_line import option
from adversarial.options import DATA, OUTPUT, TRAINING, TrainingOptions

_GENERATOR = "generator"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(TrainingOptions):
    """Settings of one training; the defaults suit 1,000 jokes on a CPU."""

    dataset: str = option(
        "kaggle_jokes",
        "kaggle_jokes, or a CSV, TSV, TXT or JSON-lines file of texts.",
        group=DATA,
    )
    data_dir: str | None = option(
        None,
        "File, or folder with one such file, to read the dataset from.",
        group=DATA,
    )
    text_column: str | None = option(
        None,
        "Column or key of the texts; found by its name if not given.",
        group=DATA,
    )
    level: str = option(
        "word",
        "What texts are split into.",
        group=DATA,
        choices=("word", "char"),
    )
    encoding: str = option("utf-8", "Encoding of the file.", group=DATA)
    max_words: int = option(
        70, "Longer texts are skipped.", group=DATA, unit="words", low=1
    )
    vocabulary_size: int = option(
        10_000, "Most frequent words kept.", group=DATA, unit="words", low=10
    )
    min_count: int = option(
        1,
        "Rarer words become <unk>.",
        group=DATA,
        unit="occurrences",
        low=1,
    )
    embedding_dim: int = option(
        128,
        "Width of a word vector, shared by input and output.",
        group=_GENERATOR,
        unit="features",
        low=1,
        high=16_384,
    )
    units: int = option(
        256,
        "Width of the LSTM.",
        group=_GENERATOR,
        unit="units",
        low=1,
        high=16_384,
    )
    dropout: float = option(
        0.3,
        "Share of features dropped before and after the LSTM.",
        group=_GENERATOR,
        low=0.0,
        high=0.9,
    )
    batch_size: int = option(
        64,
        "Texts in a training step.",
        group=TRAINING,
        unit="texts",
        low=1,
        high=1_000_000,
    )
    epochs: int = option(
        10, "Passes over the data.", group=TRAINING, unit="epochs", low=1
    )
    learning_rate: float = option(
        4e-3,
        "Adam's step for the generator.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    discriminator_learning_rate: float = option(
        1e-3,
        "Adam's step for the discriminator.",
        group=TRAINING,
        low=0.0,
        high=1.0,
    )
    adversarial_weight: float = option(
        1.0,
        "Weight of the adversarial term against a text's likelihood.",
        group=TRAINING,
        unit="nats per text",
        low=0.0,
        high=1e6,
    )
    gumbel_temperature: float = option(
        1.0,
        "Temperature of the Gumbel-softmax the discriminator judges.",
        group=TRAINING,
        low=0.01,
    )
    free_length: int = option(
        24,
        "How much of a text the judge sees and the generator writes freely.",
        group=TRAINING,
        unit="words and marks",
        low=1,
    )
    joke: int = option(
        10_000, "Number of the joke shown at the end.", group=OUTPUT, low=0
    )
    temperature: float = option(
        0.7,
        "Sampling temperature of the joke; 0 takes the likeliest word.",
        group=OUTPUT,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        0.9,
        "The joke's words come from the likeliest ones of this total share.",
        group=OUTPUT,
        low=0.01,
        high=1.0,
    )
