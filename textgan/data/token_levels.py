"""Token levels: words or characters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import regex

from textgan.data.tokenizer import detokenize, tokenize


@dataclasses.dataclass(frozen=True)
class TokenLevel:
    """A tokenizer and its inverse.

    Attributes:
        split: Splits a normalized text into tokens.
        join: Joins tokens into a text.
        cased: Whether tokens that differ only in case are distinct.
        longest: Maximum length of a generated text, in tokens.
    """

    split: Callable[[str], list[str]]
    join: Callable[[Sequence[str]], str]
    cased: bool
    longest: int


def split_characters(text: str) -> list[str]:
    """Splits a text into extended grapheme clusters.

    Accents stay with their letter, and an emoji of several code points is one
    character (Unicode Standard Annex 29).
    """
    return regex.findall(r"\X", text)


LEVELS = {
    "word": TokenLevel(tokenize, detokenize, cased=False, longest=100),
    "char": TokenLevel(split_characters, "".join, cased=True, longest=500),
}
