"""Tokenization of texts into words and punctuation, and its inverse.

Where a text is spaced otherwise, an extra token marks it; nothing is lost.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence

import regex

# Tokens that invert the spacing rule: no space where it has one, and a space
# where it has none. `normalize` leaves neither in a text.
GLUE, GAP = "\N{CHARACTER TIE}", "\N{OPEN BOX}"

_TOKEN = regex.compile(
    r"""
      (?:[A-Za-z]\.){2,}(?!\w)              # initials: e.g., U.S.
    | \d+(?:[.,:]\d+)*(?!-?\w)              # a number with its inner marks
    | [\p{Han}\p{Hiragana}\p{Katakana}]     # scripts without spaces
    | L+(?:['.&-]L+)*(?:(?<=s)')?           # a word: don't, R&D, dogs'
    | \.{2,} | --+                          # an ellipsis, a dash
    | \S\p{M}*                              # any other single mark
      (?:[\u200d\U0001f3fb-\U0001f3ff]\S?\p{M}*)*  # and emoji made of several
    """.replace("L", r"[\w\p{M}--\p{Han}--\p{Hiragana}--\p{Katakana}]"),
    regex.VERBOSE | regex.V1,
)
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_ENDS_SENTENCE = {".", "!", "?"}
_NO_SPACE_BEFORE = set(".,!?;:%)]}/") | {"...", ".."}
_NO_SPACE_AFTER = set("([{$#/")
_PAIRED = set("\"'*")
# Words that continue the sentence after a quotation: "Who?" asked the owl ...
_CONJUNCTIONS = set("and but or to until when while because".split())
_SPEECH_VERBS = set(
    "said says asked asks shouted shouts cried cries whispered whispers "
    "replied replies answered answers called calls yelled yells".split()
)


def tokenize(text: str) -> list[str]:
    """Splits a text into words and punctuation marks, case kept.

    Args:
        text: A text as `normalize` returns it, with single spaces.

    Returns:
        Tokens without white space: `["Don't", "stop", "!"]` for
        `"Don't stop!"`, and for `"so / so"` it is
        `["so", GAP, "/", GAP, "so"]`.
    """
    tokens: list[str] = []
    spacing = _Spacing()
    end = 0
    for found in _TOKEN.finditer(text):
        # Interned, because large corpora repeat the same words.
        token = sys.intern(found[0])
        spaced = found.start() > end
        if tokens and spaced != spacing.before(token):
            tokens.append(GAP if spaced else GLUE)
        spacing.update(token)
        tokens.append(token)
        end = found.end()
    return tokens


def count_words(tokens: Iterable[str]) -> int:
    """Counts the tokens that hold a letter or a digit."""
    return sum(map(_is_word, tokens))


def detokenize(tokens: Sequence[str]) -> str:
    """Joins tokens into a text, with spacing and capitals by rule.

    Punctuation attaches to its word, quotation marks open and close in turn,
    and sentences and quoted sentences start with a capital.

    Args:
        tokens: Words and punctuation, as `tokenize` returns them.

    Returns:
        One line of text: the tokenized text, except for capitals that the rule
        adds.
    """
    words, inverted = _split_spacing_marks(tokens)
    text, spacing = "", _Spacing()
    for token, other in zip(_capitalize(words), inverted, strict=True):
        if text and spacing.before(token) != other:
            text += " "
        spacing.update(token)
        text += token
    return text


@functools.lru_cache(2**18)
def _is_word(token: str) -> bool:
    return any(c.isalnum() for c in token)


def _split_spacing_marks(tokens: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Removes `GLUE` and `GAP`, and marks the tokens that follow one."""
    places = [i for i, token in enumerate(tokens) if token not in {GLUE, GAP}]
    inverted = [i > 0 and tokens[i - 1] in {GLUE, GAP} for i in places]
    return [tokens[i] for i in places], inverted


class _Spacing:
    """The spacing rule, as a state machine over tokens."""

    def __init__(self) -> None:
        self._inside: set[str] = set()
        self._glued = True

    def before(self, token: str) -> bool:
        """Returns whether a space precedes the next token."""
        return not (
            self._glued or token in self._inside or token in _NO_SPACE_BEFORE
        )

    def update(self, token: str) -> None:
        opens = token in _PAIRED and token not in self._inside
        if token in _PAIRED:
            self._inside ^= {token}
        self._glued = (
            opens
            or token in _NO_SPACE_AFTER
            or _UNSPACED.match(token) is not None
        )


def _capitalize(tokens: Sequence[str]) -> list[str]:
    """Capitalizes the first word of each sentence; never lowercases."""
    result = list(tokens)
    starts, quoted, interrupted = True, False, False
    for i, token in enumerate(result):
        before = result[i - 1] if i else ""
        if token in _ENDS_SENTENCE:
            starts, interrupted = True, False
        elif token == '"' and not quoted:
            # A quotation after a comma starts a sentence, unless it continues
            # an interrupted one: "No," he said, "not yet."
            quoted = True
            starts |= before in {",", ":"} and not interrupted
        elif token == '"':
            quoted = False
            interrupted |= before == ","
            continues = _SPEECH_VERBS & set(result[i + 1 : i + 4])
            continues |= _CONJUNCTIONS & set(result[i + 1 : i + 2])
            starts = before in _ENDS_SENTENCE and not continues
        elif token[0].isalnum():
            if starts:
                # Title case, because upper case splits a ligature in two.
                result[i] = token[0].title() + token[1:]
            starts = False
    return result
