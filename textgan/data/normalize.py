"""Normalization of raw text before tokenization."""

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
# Spaces before punctuation, runs of dots, no space after a full stop.
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?:\.{2,} ?)+"), "... "),
    (re.compile(r" (?=[,.!?;:]+(?: |$))"), ""),
    (re.compile(r"\.\.\. (?=[.,!?;:)\"'])"), "..."),
    (re.compile(r"(?<=[a-z]{2}[.!?])(?=[A-Z])"), " "),
)
_MAX_ROUNDS = 20


def count_urls(text: str) -> int:
    """Counts the URLs that `normalize` drops."""
    if "http" not in text and "www" not in text:
        return 0
    return len(_URL.findall(html.unescape(text)))


def normalize(text: str) -> str:
    """Normalizes quotes, dashes, spaces, entities and Unicode (NFC).

    HTML entities are decoded; control characters and URLs are dropped.
    """
    # The output of one rule can match another; a few rounds reach the end.
    for _ in range(_MAX_ROUNDS):
        previous = text
        text = html.unescape(text)
        text = unicodedata.normalize("NFC", text).translate(_PLAIN)
        text = _CONTROL.sub(" ", _URL.sub(" ", text))
        for pattern, replacement in _TIDY:
            text = pattern.sub(replacement, text)
        if text == previous:
            break
    return text.strip()
