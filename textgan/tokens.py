"""Text to words and marks, and back: spacing and capitals by rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TOKEN = re.compile(
    r"""
      (?:[A-Za-z]\.){2,}(?!\w)          # initials: e.g., U.S.
    | \d+(?:[.,:]\d+)*(?!-?\w)          # a number with its inner marks
    | \w+(?:['.-]\w+)*(?:(?<=s)')?      # a word: don't, half-past, dogs'
    | \.{2,} | --+                      # an ellipsis, a dash
    | [^\w\s]                           # any other single mark
    """,
    re.VERBOSE,
)
_ENDS_SENTENCE = {".", "!", "?"}
_NO_SPACE_BEFORE = set(".,!?;:%)]}/") | {"...", ".."}
_NO_SPACE_AFTER = set("([{$#/")
_PAIRED = set("\"'*")
# What carries on the sentence behind a quotation: "Who?" asked the owl, and ...
_LINKS = set("and but or to until when while because".split())
_SPEECH = set(
    "said says asked asks shouted shouts cried cries whispered whispers "
    "replied replies answered answers called calls yelled yells".split()
)


def tokenise(text: str) -> list[str]:
    """Splits a text into words and punctuation marks, case kept.

    Args:
        text: Any string.

    Returns:
        Tokens without white space: `"Don't stop!"` gives
        `["Don't", "stop", "!"]`.
    """
    return _TOKEN.findall(text)


def count_words(tokens: Iterable[str]) -> int:
    """Counts the tokens that hold a letter or a digit."""
    return sum(any(c.isalnum() for c in token) for token in tokens)


def detokenise(tokens: Sequence[str]) -> str:
    """Joins tokens as a person would write them.

    Marks close up to their word, quotation marks open and close in turn, and
    sentences and quoted sentences begin with a capital.

    Args:
        tokens: Words and marks, as `tokenise` splits them.

    Returns:
        One line of text.
    """
    text, inside, glued = "", set[str](), True
    for token in _capitalise(tokens):
        opens = token in _PAIRED and token not in inside
        closes = token in inside
        if not (glued or closes or token in _NO_SPACE_BEFORE):
            text += " "
        text += token
        if token in _PAIRED:
            inside ^= {token}
        glued = opens or token in _NO_SPACE_AFTER
    return text


def _capitalise(tokens: Sequence[str]) -> list[str]:
    """Gives each sentence its capital; never takes one away."""
    result = list(tokens)
    starts, quoted, interrupted = True, False, False
    for i, token in enumerate(result):
        before = result[i - 1] if i else ""
        if token in _ENDS_SENTENCE:
            starts, interrupted = True, False
        elif token == '"' and not quoted:
            # A quotation after a comma is a sentence of its own, unless the
            # one before broke off: "No," he said, "not yet."
            quoted = True
            starts |= before in {",", ":"} and not interrupted
        elif token == '"':
            quoted = False
            interrupted |= before == ","
            goes_on = _SPEECH & set(result[i + 1 : i + 4])
            goes_on |= _LINKS & set(result[i + 1 : i + 2])
            starts = before in _ENDS_SENTENCE and not goes_on
        elif token[0].isalnum():
            if starts:
                result[i] = token[0].upper() + token[1:]
            starts = False
    return result
