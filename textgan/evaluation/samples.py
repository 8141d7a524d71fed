"""Scores of files of texts, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gancore.errors import UserError
from gancore.io.tables import Row
from textgan.data.readers.source import STDIN
from textgan.evaluation.options import ScoringOptions
from textgan.evaluation.references import read_references, read_text_file
from textgan.evaluation.report import Report
from textgan.evaluation.scorer import TextScorer, table_row


def read_samples(
    files: Sequence[str], options: ScoringOptions
) -> dict[str, list[str]]:
    """Reads files of texts that are scored.

    Args:
        files: Paths; `-` is standard input.
        options: How they are read.

    Returns:
        Texts by the names of their rows.

    Raises:
        UserError: If a file cannot be read, two have the same name, or
            standard input is named twice.
    """
    if [*files, options.train, options.test].count(STDIN) > 1:
        raise UserError("only one file can be -, standard input")
    names = ["standard input" if f == STDIN else Path(f).stem for f in files]
    if len(set(names)) < len(names):
        names = list(files)
    if len(set(names)) < len(names):
        raise UserError("--samples has a duplicate")
    how = options.read_options()
    return {
        name: read_text_file(file, "--samples", how)
        for name, file in zip(names, files, strict=True)
    }


def score_samples(files: Sequence[str], options: ScoringOptions) -> Report:
    """Scores files of texts against training and test texts.

    There is no perplexity and no Frechet distance, which need a model.

    Args:
        files: As for `read_samples`.
        options: `train` and `test` are given.

    Raises:
        UserError: If a file cannot be read.
    """
    samples = read_samples(files, options)
    references = read_references(options)
    scorer = TextScorer(
        references.train, references.test, tokenizer=options.tokens
    )
    rows: list[Row] = [
        table_row("real, training set", scorer.score_train(options.count)),
        table_row("real, test set", scorer.score_test()),
    ]
    rows += [
        table_row(name, scorer.score(texts[: options.count]))
        for name, texts in samples.items()
    ]
    counts = {int(n) for row in rows if isinstance(n := row["texts"], float)}
    return Report([], rows, scorer.signatures(counts))
