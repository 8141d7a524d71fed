"""Every score of a set of texts beside real ones, and its signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from gancore import __version__
from textgan.data.vocabulary import Vocabulary
from textgan.evaluation.tokenization import split_all
from textgan.metrics.bleu import ORDERS, bleu, self_bleu
from textgan.metrics.diversity import copied, distinct, novelty, unique
from textgan.metrics.frechet import frechet_distance
from textgan.metrics.kneser_ney import KneserNey

# Digits after the point, by the titles of a table's columns.
DIGITS = {
    "texts": 0,
    **{f"BLEU-{n}": 3 for n in ORDERS},
    **{f"self-BLEU-{n}": 3 for n in ORDERS},
    "distinct-2": 3,
    "unique %": 1,
    "copied %": 1,
    "new 4-grams %": 1,
    "Frechet": 3,
    "reverse ppl": 1,
    "words": 1,
}
_REVERSE_ORDER = 3


class TextScorer:
    """Measures texts against real ones, all by one protocol.

    Args:
        train: Texts a generator learnt from.
        test: Texts it never saw.
        encode: Gives the features of texts, shape `(texts, features)`, for
            the Frechet distance.
        encoder: What signatures call it.
        tokens: One of `SPLITTERS`.
    """

    def __init__(
        self,
        train: Sequence[str],
        test: Sequence[str],
        encode: Callable[[Sequence[str]], np.ndarray],
        *,
        encoder: str,
        tokens: str = "treebank",
    ) -> None:
        self.tokens = tokens
        self.encode = encode
        self.encoder = encoder
        self._train_texts = train
        self.train = split_all(train, tokens)
        self.test = split_all(test, tokens)
        self._vocabulary = Vocabulary.build(self.train, 10**9)
        self._test_rows = self._rows(self.test)
        self._features = encode(test)

    def measure(
        self,
        texts: Sequence[str],
        words: Sequence[Sequence[str]] | None = None,
    ) -> dict[str, float]:
        """Scores written texts.

        Args:
            texts: What was written.
            words: The same, split, if it was written split.
        """
        words = words or split_all(texts, self.tokens)
        return (
            self._likeness(texts, words)
            | _variety(words)
            | self._newness(words)
        )

    def measure_train(self, count: int) -> dict[str, float]:
        """Scores some texts learnt from as if a generator had written them."""
        chosen = np.random.default_rng(0).permutation(len(self.train))[:count]
        words = [self.train[i] for i in chosen]
        texts = [self._train_texts[i] for i in chosen]
        return self._likeness(texts, words) | _variety(words)

    def measure_test(self) -> dict[str, float]:
        """Scores the test texts: how varied and new people's texts are."""
        return _variety(self.test) | self._newness(self.test)

    def _likeness(
        self, texts: Sequence[str], words: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Gives the scores that take the test texts."""
        scores = {f"BLEU-{n}": v for n, v in bleu(words, self.test).items()}
        scores["Frechet"] = frechet_distance(self.encode(texts), self._features)
        model = KneserNey(
            self._rows(words), len(self._vocabulary), _REVERSE_ORDER
        )
        nats = model.nll(self._test_rows).mean()
        return scores | {"reverse ppl": float(np.exp(nats))}

    def _newness(self, words: Sequence[Sequence[str]]) -> dict[str, float]:
        """Gives the scores that take the texts learnt from."""
        return {
            "copied %": 100.0 * copied(words, self.train),
            "new 4-grams %": 100.0 * novelty(words, self.train, 4),
        }

    def signatures(self, counts: Iterable[int]) -> list[str]:
        """Says how each score is made, as sacrebleu does.

        Args:
            counts: How many texts are measured, each number that occurs.
        """
        tail = f"tok:{self.tokens}|case:lower|version:{__version__}"
        test, train = len(self.test), len(self.train)
        own = f"hyp:{','.join(map(str, sorted(counts)))}"
        return [
            f"BLEU-n|{own}|ref:{test}|smooth:method1|weights:uniform|{tail}",
            f"self-BLEU-n|{own}|ref:the others|smooth:method1|"
            f"weights:uniform|{tail}",
            f"distinct-2|{own}|{tail}",
            f"unique|{own}|{tail}",
            f"copied|{own}|of:{train}|whole texts|{tail}",
            f"new 4-grams|{own}|of:{train}|repetitions counted|{tail}",
            f"reverse ppl|{own}|test:{test}|model:kneser-ney-{_REVERSE_ORDER}|"
            f"vocabulary:{len(self._vocabulary)}|{tail}",
            f"Frechet|{own}|test:{test}|encoder:{self.encoder}|"
            f"version:{__version__}",
        ]

    def _rows(self, words: Sequence[Sequence[str]]) -> list[list[int]]:
        return [self._vocabulary.row(text) for text in words]


def _variety(words: Sequence[Sequence[str]]) -> dict[str, float]:
    """Gives the scores that need no other texts."""
    own = self_bleu(words) if len(words) > 1 else {}
    return {
        "texts": float(len(words)),
        **{f"self-BLEU-{n}": value for n, value in own.items()},
        "distinct-2": distinct(words, 2),
        "unique %": 100.0 * unique(words),
        "words": float(np.mean([len(text) for text in words])),
    }
