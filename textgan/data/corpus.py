"""Where jokes come from: a file, cleaned, without doubles, split in two."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gancore.errors import UserError
from textgan.data.dedup import group_near_duplicates
from textgan.data.normalize import normalize
from textgan.data.profanity import is_clean
from textgan.data.readers import TEXT_FILES, read_texts
from textgan.data.token_levels import LEVELS
from textgan.data.tokenizer import count_words, tokenize

if TYPE_CHECKING:
    from textgan.config import Config

logger = logging.getLogger(__name__)

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
KAGGLE_JOKES = DATASETS / "kaggle_jokes"
KAGGLE_FILE = "shortjokes.csv"

_REMOVED = re.compile(r"\[(?:deleted|removed)\]", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Tokenised texts, split so that no validation text is near a trained one.

    Attributes:
        train: Tokenised texts to learn from.
        valid: Tokenised texts validation.
        longest: Words, marks not counted, in the longest text.
    """

    train: list[list[str]]
    valid: list[list[str]]
    longest: int

    def facts(self) -> dict[str, int | str]:
        """Gives the numbers of texts, and a digest that tells others apart."""
        digest = hashlib.sha256()
        for texts in (self.train, self.valid):
            digest.update(repr(texts).encode())
        return {
            "train": len(self.train),
            "valid": len(self.valid),
            "digest": digest.hexdigest()[:16],
        }


def find_dataset(dataset: str, data_dir: str | None) -> tuple[str, Path]:
    """Finds the file behind `--dataset` and `--data_dir`.

    Args:
        dataset: `kaggle_jokes` or the path of a file or folder.
        data_dir: A file or folder that overrides where it is looked for.

    Returns:
        The dataset's name and its file. Where Kaggle's file is absent the
        bundled sample stands in, and a note says so.

    Raises:
        UserError: If there is no such file.
    """
    name = Path(dataset).stem
    if data_dir is not None:
        return name, text_file(Path(data_dir), "--data_dir")
    if dataset != "kaggle_jokes":
        return name, text_file(Path(dataset), "--dataset")
    full, sample = KAGGLE_JOKES / KAGGLE_FILE, KAGGLE_JOKES / "sample.csv"
    if full.is_file():
        return name, full
    if not sample.is_file():
        raise UserError(f"neither {full} nor {sample} exists")
    logger.warning(
        f"{full.name} is not in {KAGGLE_JOKES}: using the bundled sample; "
        "python -m textgan download kaggle_jokes gets all 231,657 jokes"
    )
    return name, sample


def read_dataset(path: Path, config: Config) -> Corpus:
    """Reads the texts of a training.

    Args:
        path: Its file, as `find_dataset` finds it.
        config: Says what is kept, how it is split, and what comes beside it.

    Raises:
        UserError: If a file cannot be read, or holds too few texts.
    """
    return load_corpus(
        path,
        more=[
            text_file(Path(file), "--extra_datasets")
            for file in config.extra_datasets
        ],
        text_column=config.text_column,
        encoding=config.encoding,
        level=config.token_level,
        max_words=config.max_words,
        filter_profanity=config.filter_profanity,
        validation_fraction=config.validation_fraction,
        seed=config.seed,
    )


def load_corpus(
    path: Path,
    *,
    more: Sequence[Path] = (),
    text_column: str | None = None,
    encoding: str = "utf-8",
    level: str = "word",
    max_words: int = 70,
    filter_profanity: bool = False,
    validation_fraction: float = 0.1,
    seed: int = 1,
) -> Corpus:
    """Reads, cleans, tokenises and splits files of texts.

    Texts that are blank, too long, without any letter, or seen before are
    left out, and one note for each file counts them.

    Args:
        path: File to read, as `read_texts` takes it.
        more: Files to learn from, too; nothing of them is validation.
        text_column: Column of the texts.
        encoding: Encoding of the files.
        level: What texts are split into, one of `LEVELS`.
        max_words: Longest text kept, in words.
        filter_profanity: Leaves texts out that are not clean.
        validation_fraction: Share of the first file validation, in [0, 1).
        seed: Seeds the split.

    Raises:
        UserError: If a file cannot be read, or the first holds fewer than two
            texts.
    """
    texts: dict[str, list[str]] = {}
    own = longest = 0
    for file in (path, *more):
        skipped: dict[str, list[int]] = defaultdict(list)
        for row, raw in read_texts(file, text_column, encoding):
            text = normalize(raw)
            tokens = tokenize(text)
            length = count_words(tokens)
            if not raw.strip():
                skipped["blank"].append(row)
            elif not any(c.isalpha() for c in text) or _REMOVED.search(text):
                skipped["without text"].append(row)
            elif length > max_words:
                skipped[f"longer than {max_words} words"].append(row)
            elif text in texts:
                skipped["said before"].append(row)
            elif filter_profanity and not is_clean(text):
                skipped["not clean"].append(row)
            else:
                texts[text] = tokens
                longest = max(longest, length)
        if skipped:
            logger.info(f"skipped {_describe(skipped)} of {file.name}")
        own = own or len(texts)
        if own < 2:
            raise UserError(f"{path} holds {own} usable texts; 2 are needed")
    words = list(texts.values())
    train, valid = split(words, validation_fraction, seed, own)
    if level != "word":
        words = [LEVELS[level].split(text) for text in texts]
    if not valid:
        logger.warning("no text is validation: there will be no validation")
    return Corpus([words[i] for i in train], [words[i] for i in valid], longest)


def split(
    texts: Sequence[list[str]],
    validation_fraction: float,
    seed: int,
    own: int | None = None,
) -> tuple[list[int], list[int]]:
    """Splits texts at random, near-duplicates never on both sides.

    Args:
        texts: Tokenised texts, at least two.
        validation_fraction: Share validation, rounded up to whole texts; less
            where a group of near-duplicates does not fit in.
        seed: Seeds the choice.
        own: Only so many, the first, can be validation, and the share is of
            these; all by default. The others are left out of both sides where
            they are near one validation.

    Returns:
        Indices of texts to train on and of texts validation, in rising order.
    """
    own = len(texts) if own is None else own
    wanted = own - max(int(own * (1 - validation_fraction)), 1)
    # In the order of their first text: groups that can be validation come first.
    groups = [g for g in group_near_duplicates(texts) if g[0] < own]
    away: set[int] = set()
    held_out: list[int] = []
    for g in np.random.default_rng(seed).permutation(len(groups)):
        members = [i for i in groups[g] if i < own]
        if len(held_out) + len(members) <= wanted:
            held_out += members
            away.update(groups[g])
    train = [i for i in range(len(texts)) if i not in away]
    return train, sorted(held_out)


def text_file(path: Path, flag: str) -> Path:
    """Finds the one file of texts that a path means.

    Args:
        path: A file, or a folder with Kaggle's file or a single file of texts.
        flag: Where the user gave it, for the message.

    Raises:
        UserError: If there is no such file, or several.
    """
    if (path / KAGGLE_FILE).is_file():
        return path / KAGGLE_FILE
    if path.is_dir():
        files = sorted(
            p
            for p in path.iterdir()
            if p.suffix.lower() in TEXT_FILES and p.is_file()
        )
        if len(files) != 1:
            raise UserError(
                f"{flag} {path} holds {len(files)} text files; name one file"
            )
        return files[0]
    if not path.is_file():
        raise UserError(
            f"{flag} {path} is neither kaggle_jokes nor a file or folder"
        )
    return path


def _describe(skipped: dict[str, list[int]]) -> str:
    parts = []
    for reason, rows in skipped.items():
        where = ", ".join(map(str, rows[:3])) + (" ..." if rows[3:] else "")
        noun = "row" if len(rows) == 1 else "rows"
        parts.append(f"{len(rows)} {reason} ({noun} {where})")
    return ", ".join(parts)
