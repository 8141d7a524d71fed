"""Tokenizers of metrics that compare words, by the names signatures use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nltk.tokenize import NLTKWordTokenizer
from nltk.tokenize.treebank import TreebankWordDetokenizer

from textgan.data.normalize import normalize
from textgan.data.tokenizer import detokenize, tokenize

_treebank = NLTKWordTokenizer().tokenize

# All of them lowercase.
TOKENIZERS: dict[str, Callable[[str], list[str]]] = {
    # As in papers on text GANs, but without NLTK's sentence splitter, which
    # needs a download.
    "treebank": lambda text: _treebank(text.lower()),
    "word": lambda text: tokenize(normalize(text).lower()),
    "char": lambda text: list(normalize(text).lower()),
    "spaces": lambda text: text.lower().split(),
}

# Inverses, up to white space and case.
DETOKENIZERS: dict[str, Callable[[Sequence[str]], str]] = {
    "treebank": TreebankWordDetokenizer().detokenize,
    "word": detokenize,
    "char": "".join,
    "spaces": " ".join,
}


def tokenize_all(texts: Sequence[str], tokenizer: str) -> list[list[str]]:
    """Tokenizes texts with one of `TOKENIZERS`."""
    return [TOKENIZERS[tokenizer](text) for text in texts]
