"""How texts are split for metrics that compare words, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.treebank import TreebankWordDetokenizer

from textgan.data.normalize import normalize
from textgan.data.tokenizer import detokenize, tokenize

_treebank = NLTKWordTokenizer().tokenize

# By the name that signatures tell. Case never counts.
SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    # Of the papers on text GANs: NLTK's words, of a text as it is, without
    # its sentence splitter, which is no regular expression but a download.
    "treebank": lambda text: _treebank(text.lower()),
    "word": lambda text: tokenize(normalize(text).lower()),
    "char": lambda text: list(normalize(text).lower()),
    "spaces": lambda text: text.lower().split(),
}


# The other way round, nearly.
JOINERS: dict[str, Callable[[Sequence[str]], str]] = {
    "treebank": TreebankWordDetokenizer().detokenize,
    "word": detokenize,
    "char": "".join,
    "spaces": " ".join,
}


def split_all(texts: Sequence[str], tokens: str) -> list[list[str]]:
    """Splits texts by one of `SPLITTERS`."""
    return [SPLITTERS[tokens](text) for text in texts]
