"""The options of every command that scores."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import check_ranges, option
from gancore.errors import UserError
from gancore.training.config import DATA, OUTPUT

_SCORES = "scores"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoringOptions:
    """Base of the options of `evaluate` and `benchmark`."""

    train: str | None = option(
        None,
        "File of the texts learnt from; by default the dataset the model was "
        "trained on is read and split again.",
        group=DATA,
        takes="FILE",
    )
    test: str | None = option(
        None, "File of validation texts.", group=DATA, takes="FILE"
    )
    text_column: str | None = option(
        None,
        "Column or key of the texts; found by its name if not given.",
        group=DATA,
        takes="NAME",
    )
    count: int = option(
        10_000,
        "Texts to write and, at most, test texts to compare with.",
        group=_SCORES,
        unit="texts",
        low=2,
    )
    tokens: str = option(
        "treebank",
        "How texts are split for the scores.",
        group=_SCORES,
        choices=("treebank", "word", "char", "spaces"),
    )
    encoder: str | None = option(
        None,
        "Model whose states tell the Frechet distance; by default the first.",
        group=_SCORES,
        takes="FILE",
    )
    overwrite: bool = option(False, "Replace files.", group=OUTPUT)

    def __post_init__(self) -> None:
        check_ranges(self)
        if (self.train is None) != (self.test is None):
            raise UserError("--train and --test are given together")
