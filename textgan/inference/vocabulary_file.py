"""Reads and writes the vocabulary of a text generator, checked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gancore.errors import UserError
from gancore.io.atomic import atomic_write
from gancore.io.strict_json import parse
from gancore.saving.model_io import get_metadata
from gancore.saving.safe_h5 import open_checked
from textgan.data.token_levels import LEVELS
from textgan.data.vocabulary import SPECIAL, Vocabulary

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")
# Of a vocabulary of a million words.
_MAX_BYTES = 2**24


def write_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """Writes the words as a JSON list, in the order of their ids."""
    text = json.dumps(vocabulary.words, ensure_ascii=False, indent=1) + "\n"
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def read_vocabulary(path: Path) -> Vocabulary:
    """Reads a vocabulary.

    Args:
        path: A `.h5` of this package; a `vocabulary.json`, which is a list of
            words in the order of their ids; or a text file with a word a line.
            The `SPECIAL` words may be missing. If all words are single
            characters, they are those of a character-level generator.

    Raises:
        UserError: If there is no such file or it holds no vocabulary.
    """
    if path.suffix == ".h5":
        with open_checked(path) as checked:
            return checked_vocabulary(get_metadata(checked), path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise UserError(f"{path} is too large for a vocabulary")
        text = data.decode("utf-8-sig")
        words = parse(text) if path.suffix == ".json" else text.splitlines()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} is no vocabulary: {error}") from error
    if not isinstance(words, list) or not words:
        raise UserError(f"{path} is no vocabulary: it is no list of words")
    if words[: len(SPECIAL)] != list(SPECIAL):
        words = [*SPECIAL, *words]
    single = all(len(str(word)) == 1 for word in words[len(SPECIAL) :])
    level = "char" if single else "word"
    return checked_vocabulary({"vocabulary": words, "level": level}, path)


def checked_vocabulary(metadata: dict[str, Any], path: Path) -> Vocabulary:
    """Returns the vocabulary of a file's metadata.

    Args:
        metadata: With `vocabulary`, the words, and `level`.
        path: The file, for messages.

    Raises:
        UserError: If it has none, or one that is damaged.
    """
    words, level = metadata.get("vocabulary"), metadata.get("level", "word")
    if not isinstance(words, list) or level not in tuple(LEVELS):
        raise UserError(f"{path} has no vocabulary")
    # Control characters, which no training text has, could steer a terminal.
    if not all(
        isinstance(w, str) and w and not _CONTROL.search(w) for w in words
    ):
        raise UserError(f"the vocabulary of {path} holds more than words")
    try:
        return Vocabulary(words, level)
    except ValueError as error:
        raise UserError(f"the vocabulary of {path} is damaged: {error}") from (
            error
        )
