"""How texts are split for metrics that compare words, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nltk.tokenize import NLTKWordTokenizer

from textgan.cleaning import clean
from textgan.tokens import tokenise

_treebank = NLTKWordTokenizer().tokenize

# By the name that signatures tell. Case never counts.
SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    # Of the papers on text GANs: NLTK's words, of a text as it is.
    "treebank": lambda text: _treebank(text.lower()),
    "word": lambda text: tokenise(clean(text).lower()),
    "char": lambda text: list(clean(text).lower()),
    "spaces": lambda text: text.lower().split(),
}


def split_all(texts: Sequence[str], tokens: str) -> list[list[str]]:
    """Splits texts by one of `SPLITTERS`."""
    return [SPLITTERS[tokens](text) for text in texts]
