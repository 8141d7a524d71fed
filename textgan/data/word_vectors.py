"""Pretrained word vectors: text files of GloVe, word2vec and fastText."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from gancore.errors import UserError, first_few
from textgan.data.token_levels import LEVELS
from textgan.data.tokenizer import GAP, GLUE
from textgan.data.vocabulary import SPECIAL, Vocabulary

logger = logging.getLogger(__name__)

# Norms are about 1; the variance of far larger values would overflow.
_MAX_VALUE = 1e9


def load_word_vectors(
    embedding: keras.layers.Embedding, path: Path, vocabulary: Vocabulary
) -> None:
    """Initializes an embedding from a file of word vectors.

    Words that the file lacks are drawn at random with the mean and standard
    deviation of those found; a log message counts them.

    Args:
        embedding: Embedding of the vocabulary; changed in place.
        path: Text file with a word and its numbers per line, with or without
            word2vec's header of two counts.
        vocabulary: Its words are looked up in their spelling, then in lower
            case.

    Raises:
        UserError: If the file cannot be read, is not in this format, has
            vectors of another width, or none of the words.
    """
    width = embedding.output_dim
    found = _find(path, vocabulary, width)
    words = dict(enumerate(vocabulary.words))
    if not found:
        raise UserError(f"{path} has none of the {len(words)} words")
    known = np.stack(list(found.values()))
    matrix = np.random.default_rng(0).normal(
        known.mean(axis=0), known.std(axis=0), (len(words), width)
    )
    matrix[list(found)] = known
    embedding.embeddings.assign(matrix)
    missing = [
        word
        for i, word in words.items()
        if i not in found and word not in (*SPECIAL, GLUE, GAP)
    ]
    if missing:
        logger.info(
            f"{path.name} lacks {len(missing)} of {len(words)} words, which "
            f"are initialized at random: {first_few(missing)}"
        )


def _find(
    path: Path, vocabulary: Vocabulary, width: int
) -> dict[int, np.ndarray]:
    """Returns id -> vector of the words that the file has."""
    spelled = {word: i for i, word in enumerate(vocabulary.words)}
    for special in SPECIAL:
        del spelled[special]
    cased = LEVELS[vocabulary.level].cased
    small = {} if cased else {w.lower(): i for w, i in spelled.items()}
    exact: dict[int, np.ndarray] = {}
    other: dict[int, np.ndarray] = {}
    first = True
    for number, line in _lines(path):
        # A word may contain spaces; the numbers come last.
        word, *values = line.rsplit(" ", width)
        if len(values) < width or (first and " " in word):
            raise UserError(
                f"line {number} of {path} is no word with {width} numbers; "
                "--embedding_dim is the width of its vectors"
            )
        if " " in word and _is_number(word.rsplit(" ", 1)[1]):
            raise UserError(f"line {number} of {path} has too many numbers")
        first = False
        into = exact if word in spelled else other
        i = spelled.get(word, small.get(word))
        if i is None:
            continue
        try:
            with np.errstate(over="ignore"):
                into[i] = np.array(values).astype(np.float32)
        except ValueError as error:
            raise UserError(
                f"line {number} of {path} holds something other than numbers"
            ) from error
        if not (np.abs(into[i]) < _MAX_VALUE).all():
            raise UserError(
                f"line {number} of {path} holds no finite numbers below "
                f"{_MAX_VALUE:g}"
            )
    return other | exact


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields numbered lines from 1, without word2vec's header."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                line = line.rstrip()
                counts = line.split(" ")
                if number == 1 and len(counts) == 2 and counts[1].isdigit():
                    continue
                if line:
                    yield number, line
    except UnicodeError as error:
        raise UserError(f"{path} is no text file of word vectors") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
