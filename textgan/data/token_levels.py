"""What a text is split into: words, or characters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import regex

from textgan.data.tokenizer import detokenize, tokenize


@dataclasses.dataclass(frozen=True)
class TokenLevel:
    """A way to split texts, and to join them again.

    Attributes:
        split: Gives the tokens of a text as `clean` gives it.
        join: Gives the text of such tokens.
        cased: Whether tokens that differ only in case are different ones.
        longest: Tokens at which what is written is cut.
    """

    split: Callable[[str], list[str]]
    join: Callable[[Sequence[str]], str]
    cased: bool
    longest: int


def split_characters(text: str) -> list[str]:
    """Splits a text into what a reader takes for characters.

    Accents stay with their letter, and an emoji made of several code points
    is one (Unicode Standard Annex 29, extended grapheme clusters).
    """
    return regex.findall(r"\X", text)


LEVELS = {
    "word": TokenLevel(tokenize, detokenize, cased=False, longest=100),
    "char": TokenLevel(split_characters, "".join, cased=True, longest=500),
}
