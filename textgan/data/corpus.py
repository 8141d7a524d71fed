"""The corpus: texts normalized, deduplicated, tokenized and split."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gancore.errors import UserError
from textgan.data.normalize import count_urls, normalize
from textgan.data.profanity import is_clean
from textgan.data.read_report import ReadReport
from textgan.data.readers.options import NO_TEXT, ReadOptions
from textgan.data.readers.text_file import check_used, open_texts
from textgan.data.sources import text_file
from textgan.data.split import GROUPED, split
from textgan.data.token_levels import LEVELS
from textgan.data.tokenizer import count_words, tokenize

if TYPE_CHECKING:
    from textgan.config import Config

logger = logging.getLogger(__name__)

_REMOVED = re.compile(r"\[(?:deleted|removed)\]", re.IGNORECASE)
_TOO_LONG = "too long"


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Tokenized texts, without near-duplicates across the split.

    Attributes:
        train: Tokenized texts of the training set.
        valid: Tokenized texts of the validation set.
        longest: Length of the longest text, in words without punctuation.
        files: What was read of each file, for `config.json`.
    """

    train: list[list[str]]
    valid: list[list[str]]
    longest: int
    files: tuple[dict[str, Any], ...] = ()

    def facts(self) -> dict[str, int | str]:
        """Returns the sizes of both sets, and a digest of their texts."""
        digest = hashlib.sha256()
        for texts in (self.train, self.valid):
            digest.update(repr(texts).encode())
        return {
            "train": len(self.train),
            "valid": len(self.valid),
            "digest": digest.hexdigest()[:16],
        }


def read_dataset(path: Path, config: Config) -> Corpus:
    """Loads the corpus of a training.

    Args:
        path: File of texts, from `find_dataset`.
        config: Options of the data.

    Raises:
        UserError: If a file cannot be read, or holds too few texts.
    """
    return load_corpus(
        path,
        more=[
            text_file(Path(file), "--extra_datasets")
            for file in config.extra_datasets
        ],
        options=config.read_options(),
        level=config.token_level,
        max_words=config.max_words,
        filter_profanity=config.filter_profanity,
        validation_fraction=config.validation_fraction,
        split_by=config.split,
        seed=config.seed,
    )


def load_corpus(
    path: Path,
    *,
    more: Sequence[Path] = (),
    options: ReadOptions | None = None,
    level: str = "word",
    max_words: int = 70,
    filter_profanity: bool = False,
    validation_fraction: float = 0.1,
    split_by: str = GROUPED,
    seed: int = 1,
) -> Corpus:
    """Reads, normalizes, tokenizes and splits files of texts.

    Texts that are blank, too long, without any letter, or duplicates are
    dropped. One log message per file says what was read of it and counts
    those.

    Args:
        path: File in a format of `open_texts`.
        more: Further files for the training set only.
        options: What is known of the formats; an option has to apply to one
            of the files.
        level: Token level, one of `LEVELS`.
        max_words: Maximum length of a text, in words.
        filter_profanity: Drops texts that are not clean.
        validation_fraction: Fraction of the first file to validate on, in
            [0, 1).
        split_by: As `how` of `split`.
        seed: Seeds the split.

    Raises:
        UserError: If a file cannot be read, or the first holds fewer than two
            texts.
    """
    files = [open_texts(file, options) for file in (path, *more)]
    check_used(
        files[0].name, frozenset.intersection(*(file.unused for file in files))
    )
    texts: dict[str, list[str]] = {}
    reports: list[ReadReport] = []
    # Of each text: the index of its file, and its row there.
    places: list[tuple[int, int]] = []
    own = longest = 0
    for i, (name, file) in enumerate(zip((path, *more), files, strict=True)):
        report = ReadReport(name, file)
        reports.append(report)
        for row, raw, left_out in file.records:
            text = normalize(raw)
            tokens = tokenize(text)
            length = count_words(tokens)
            reason = left_out or _why_not(raw, text, length > max_words)
            if reason == _TOO_LONG:
                reason = f"longer than {max_words} words"
            elif not reason and text in texts:
                reason = "duplicate"
            elif not reason and filter_profanity and not is_clean(text):
                reason = "not clean"
            if reason:
                report.leave_out(row, reason)
                continue
            report.read(raw, count_urls(raw))
            texts[text] = tokens
            places.append((i, row))
            longest = max(longest, length)
        own = own or len(texts)
        if own < 2:
            why = report.left_out()
            raise UserError(
                f"{file.name} holds {own} usable texts; 2 are needed"
                + (f" ({why})" if why else "")
                + ("; see --max_words" if "longer than" in why else "")
            )
    words = list(texts.values())
    train, valid = split(words, validation_fraction, seed, own, split_by)
    for index in set(range(len(words))).difference(train, valid):
        file_index, row = places[index]
        reports[file_index].leave_out(
            row, "near-duplicates of a validation text", was_read=True
        )
    for report in reports:
        report.log()
    if level != "word":
        words = [LEVELS[level].split(text) for text in texts]
    if not valid:
        logger.warning(
            "the validation set is empty: there will be no validation"
        )
    return Corpus(
        [words[i] for i in train],
        [words[i] for i in valid],
        longest,
        tuple(report.as_dict() for report in reports),
    )


def _why_not(raw: str, text: str, is_long: bool) -> str:
    """Returns why a text is left out, or an empty string."""
    if not raw.strip():
        return "blank"
    if not any(c.isalpha() for c in text) or _REMOVED.search(text):
        return NO_TEXT
    return _TOO_LONG if is_long else ""
