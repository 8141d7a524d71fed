"""Where jokes come from: a file, cleaned, without doubles, split in two."""

from __future__ import annotations

import dataclasses
import html
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np

from adversarial.messages import UserError, note
from textgan.levels import LEVELS
from textgan.near_duplicates import group_near_duplicates
from textgan.reading import TEXT_FILES, read_texts
from textgan.tokens import GAP, GLUE, count_words, tokenise

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
KAGGLE_JOKES = DATASETS / "kaggle_jokes"
KAGGLE_FILE = "shortjokes.csv"

_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\ufeff\ud800-\udfff"
    rf"{GLUE}{GAP}]+"
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚´`", "'"),
        **dict.fromkeys("–—―", "-"),
        "…": "...",
    }
)
_URL = re.compile(r"(?:https?://|www\.)\S+")
_REMOVED = re.compile(r"\[(?:deleted|removed)\]", re.IGNORECASE)
# Marks that stand off their word, dots by the dozen, and a full stop without
# its space have one spelling each.
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?:\.{2,} ?)+"), "... "),
    (re.compile(r" (?=[,.!?;:]+(?: |$))"), ""),
    (re.compile(r"\.\.\. (?=[.,!?;:)\"'])"), "..."),
    (re.compile(r"(?<=[a-z]{2}[.!?])(?=[A-Z])"), " "),
)


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Tokenised texts, split so that no held-out text is near a trained one.

    Attributes:
        train: Tokenised texts to learn from.
        valid: Tokenised texts held out.
        longest: Words, marks not counted, in the longest text.
    """

    train: list[list[str]]
    valid: list[list[str]]
    longest: int


def clean(text: str) -> str:
    """Gives a text one spelling of quotes, dashes, spaces and entities.

    HTML entities are decoded, control characters and addresses of web pages
    dropped.
    """
    before = None
    # What one rule leaves can be another's case; a few rounds settle it.
    while text != before:
        before = text
        text = html.unescape(text)
        text = unicodedata.normalize("NFC", text).translate(_PLAIN)
        text = _CONTROL.sub(" ", _URL.sub(" ", text))
        for pattern, replacement in _TIDY:
            text = pattern.sub(replacement, text)
    return text.strip()


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
        return name, _text_file(Path(data_dir), "--data_dir")
    if dataset != "kaggle_jokes":
        return name, _text_file(Path(dataset), "--dataset")
    full, sample = KAGGLE_JOKES / KAGGLE_FILE, KAGGLE_JOKES / "sample.csv"
    if full.is_file():
        return name, full
    if not sample.is_file():
        raise UserError(f"neither {full} nor {sample} exists")
    note(
        f"{full.name} is not in {KAGGLE_JOKES}: using the bundled sample; get "
        'all 231,657 jokes from kaggle.com, "Short Jokes" by abhinavmoudgil95'
    )
    return name, sample


def load_corpus(
    path: Path,
    *,
    text_column: str | None = None,
    encoding: str = "utf-8",
    level: str = "word",
    max_words: int = 70,
    validation_fraction: float = 0.1,
    seed: int = 1,
) -> Corpus:
    """Reads, cleans, tokenises and splits a file of texts.

    Texts that are blank, too long, without any letter, or seen before are
    left out, and one note counts them.

    Args:
        path: File to read, as `read_texts` takes it.
        text_column: Column of the texts.
        encoding: Encoding of the file.
        level: What texts are split into, one of `LEVELS`.
        max_words: Longest text kept, in words.
        validation_fraction: Share held out, in [0, 1).
        seed: Seeds the split.

    Raises:
        UserError: If the file cannot be read or holds fewer than two texts.
    """
    texts: dict[str, list[str]] = {}
    skipped: dict[str, list[int]] = defaultdict(list)
    for row, raw in read_texts(path, text_column, encoding):
        text = clean(raw)
        tokens = tokenise(text)
        if not raw.strip():
            skipped["blank"].append(row)
        elif not any(c.isalpha() for c in text) or _REMOVED.search(text):
            skipped["without text"].append(row)
        elif count_words(tokens) > max_words:
            skipped[f"longer than {max_words} words"].append(row)
        elif text in texts:
            skipped["said before"].append(row)
        else:
            texts[text] = tokens
    if skipped:
        note(f"skipped {_describe(skipped)} of {path.name}")
    if len(texts) < 2:
        raise UserError(f"{path} holds {len(texts)} usable texts; 2 are needed")
    words = list(texts.values())
    longest = max(map(count_words, words))
    train, valid = split(words, validation_fraction, seed)
    if level != "word":
        words = [LEVELS[level].split(text) for text in texts]
    if not valid:
        note("no text is held out: there will be no validation")
    return Corpus([words[i] for i in train], [words[i] for i in valid], longest)


def split(
    texts: list[list[str]], validation_fraction: float, seed: int
) -> tuple[list[int], list[int]]:
    """Splits texts at random, near-duplicates always on one side.

    Args:
        texts: Tokenised texts, at least two.
        validation_fraction: Share held out, rounded up to whole texts; less
            where a group of near-duplicates does not fit in.
        seed: Seeds the choice.

    Returns:
        Indices of texts to train on and of texts held out, in rising order.
    """
    train_size = int(len(texts) * (1 - validation_fraction))
    wanted = len(texts) - max(train_size, 1)
    groups = group_near_duplicates(texts)
    held_out: set[int] = set()
    for g in np.random.default_rng(seed).permutation(len(groups)):
        if len(held_out) + len(groups[g]) <= wanted:
            held_out.update(groups[g])
    train = [i for i in range(len(texts)) if i not in held_out]
    return train, sorted(held_out)


def _text_file(path: Path, flag: str) -> Path:
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
