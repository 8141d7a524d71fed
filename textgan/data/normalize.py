"""Gives raw text one spelling, before it is split into tokens."""

from __future__ import annotations

import html
import re
import unicodedata

from textgan.data.tokenizer import GAP, GLUE

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
# Marks that stand off their word, dots by the dozen, and a full stop without
# its space have one spelling each.
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?:\.{2,} ?)+"), "... "),
    (re.compile(r" (?=[,.!?;:]+(?: |$))"), ""),
    (re.compile(r"\.\.\. (?=[.,!?;:)\"'])"), "..."),
    (re.compile(r"(?<=[a-z]{2}[.!?])(?=[A-Z])"), " "),
)


_ROUNDS = 20


def normalize(text: str) -> str:
    """Gives a text one spelling of quotes, dashes, spaces and entities.

    HTML entities are decoded, control characters and addresses of web pages
    dropped.
    """
    # What one rule leaves can be another's case; a few rounds settle it.
    for _ in range(_ROUNDS):
        before = text
        text = html.unescape(text)
        text = unicodedata.normalize("NFC", text).translate(_PLAIN)
        text = _CONTROL.sub(" ", _URL.sub(" ", text))
        for pattern, replacement in _TIDY:
            text = pattern.sub(replacement, text)
        if text == before:
            break
    return text.strip()
