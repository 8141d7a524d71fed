"""Text to words and marks, and back: spacing and capitals by rule.

Where a text is not spaced by the rules, a token says so, and nothing is lost.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence

import regex

# Tokens that turn the rule round: no space where it would set one, and a space
# where it would not. `clean` leaves neither in a text.
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
# What carries on the sentence behind a quotation: "Who?" asked the owl, and ...
_LINKS = set("and but or to until when while because".split())
_SPEECH = set(
    "said says asked asks shouted shouts cried cries whispered whispers "
    "replied replies answered answers called calls yelled yells".split()
)


def tokenize(text: str) -> list[str]:
    """Splits a text into words and punctuation marks, case kept.

    Args:
        text: A text as `clean` gives it, with single spaces.

    Returns:
        Tokens without white space: `"Don't stop!"` gives
        `["Don't", "stop", "!"]`, and `"so / so"` gives
        `["so", GAP, "/", GAP, "so"]`.
    """
    tokens: list[str] = []
    spacing = _Spacing()
    end = 0
    for found in _TOKEN.finditer(text):
        # Texts by the hundred thousand say the same few words.
        token = sys.intern(found[0])
        spaced = found.start() > end
        if tokens and spaced != spacing.before(token):
            tokens.append(GAP if spaced else GLUE)
        spacing.pass_by(token)
        tokens.append(token)
        end = found.end()
    return tokens


def count_words(tokens: Iterable[str]) -> int:
    """Counts the tokens that hold a letter or a digit."""
    return sum(map(_is_word, tokens))


def detokenize(tokens: Sequence[str]) -> str:
    """Joins tokens as a person would write them.

    Marks close up to their word, quotation marks open and close in turn, and
    sentences and quoted sentences begin with a capital.

    Args:
        tokens: Words and marks, as `tokenise` splits them.

    Returns:
        One line of text: what was tokenised, but for capitals that the rule
        adds.
    """
    words, turned = _without_marks(tokens)
    text, spacing = "", _Spacing()
    for token, other in zip(_capitalise(words), turned, strict=True):
        if text and spacing.before(token) != other:
            text += " "
        spacing.pass_by(token)
        text += token
    return text


@functools.lru_cache(2**18)
def _is_word(token: str) -> bool:
    return any(c.isalnum() for c in token)


def _without_marks(tokens: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Gives the tokens but `GLUE` and `GAP`, and which of them follow one."""
    places = [i for i, token in enumerate(tokens) if token not in {GLUE, GAP}]
    turned = [i > 0 and tokens[i - 1] in {GLUE, GAP} for i in places]
    return [tokens[i] for i in places], turned


class _Spacing:
    """The rule where spaces are, told token after token."""

    def __init__(self) -> None:
        self._inside: set[str] = set()
        self._glued = True

    def before(self, token: str) -> bool:
        """Tells whether a space comes before the next token."""
        return not (
            self._glued or token in self._inside or token in _NO_SPACE_BEFORE
        )

    def pass_by(self, token: str) -> None:
        opens = token in _PAIRED and token not in self._inside
        if token in _PAIRED:
            self._inside ^= {token}
        self._glued = (
            opens
            or token in _NO_SPACE_AFTER
            or _UNSPACED.match(token) is not None
        )


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
                # Not the upper case, which makes two letters of a ligature.
                result[i] = token[0].title() + token[1:]
            starts = False
    return result
