"""Options that all commands of evaluation share."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.training.config import DATA, OUTPUT
from textgan.data.readers.flags import ReadingFlags

_SCORES = "scores"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoringOptions(ReadingFlags):
    """Base of the options of `evaluate` and `benchmark`.

    Raises:
        UserError: If a value is out of its range, or only one of `train` and
            `test` is given.
    """

    train: str | None = option(
        None,
        "File of training texts, together with --test; without both, the "
        "dataset of the model's own training, split the same way.",
        group=DATA,
        takes="FILE",
    )
    test: str | None = option(
        None,
        "File of test texts, together with --train.",
        group=DATA,
        takes="FILE",
    )
    count: int = option(
        10_000,
        "Number of texts to generate, and maximum number of test texts to "
        "compare them with.",
        group=_SCORES,
        unit="texts",
        low=2,
    )
    tokens: str = option(
        "treebank",
        "Tokenizer with which texts are split for the scores.",
        group=_SCORES,
        choices=("treebank", "word", "char", "spaces"),
    )
    encoder: str | None = option(
        None,
        "Model whose hidden states are the features of the Frechet distance; "
        "without it, the first model.",
        group=_SCORES,
        takes="FILE",
    )
    wide: bool = option(
        False,
        "Print each table in one piece; otherwise it is continued below from "
        "100 columns on.",
        group=OUTPUT,
    )
    overwrite: bool = option(False, "Replace existing files.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        if (self.train is None) != (self.test is None):
            raise UserError("--train and --test are given together")
