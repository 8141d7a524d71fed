"""Scores of generated texts against reference texts, with signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from gancore import __version__
from gancore.io.tables import Row
from textgan.data.vocabulary import Vocabulary
from textgan.evaluation.tokenizers import tokenize_all
from textgan.metrics.bleu import ORDERS, bleu, self_bleu
from textgan.metrics.diversity import copied, distinct, novelty, unique
from textgan.metrics.frechet import frechet_distance
from textgan.metrics.kneser_ney import KneserNey

# Column of the score table -> digits after the point.
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
    """Scores texts against training and test texts.

    Args:
        train: Training texts of the generator.
        test: Texts that are not among them.
        encode: Computes features of texts, shape `(texts, features)`, for the
            Frechet distance; `None` for no such distance.
        encoder: Name of these features in signatures.
        tokenizer: One of `TOKENIZERS`.
    """

    def __init__(
        self,
        train: Sequence[str],
        test: Sequence[str],
        encode: Callable[[Sequence[str]], np.ndarray] | None = None,
        *,
        encoder: str = "",
        tokenizer: str = "treebank",
    ) -> None:
        self.tokenizer = tokenizer
        self.encode = encode
        self.encoder = encoder
        self._train_texts = train
        self.train = tokenize_all(train, tokenizer)
        self.test = tokenize_all(test, tokenizer)
        self._vocabulary = Vocabulary.build(self.train, 10**9)
        self._test_rows = self._rows(self.test)
        self._test_features = encode(test) if encode else None

    def score(
        self,
        texts: Sequence[str],
        tokenized: Sequence[Sequence[str]] | None = None,
    ) -> dict[str, float]:
        """Scores generated texts.

        Args:
            texts: Generated texts.
            tokenized: Their tokens, if they were generated as tokens of the
                scorer's own tokenizer.

        Returns:
            Scores by the columns of `DIGITS`.
        """
        tokenized = tokenized or tokenize_all(texts, self.tokenizer)
        return (
            self._quality(texts, tokenized)
            | _diversity(tokenized)
            | self._novelty(tokenized)
        )

    def score_train(self, count: int) -> dict[str, float]:
        """Scores a random sample of the training texts as if generated."""
        chosen = np.random.default_rng(0).permutation(len(self.train))[:count]
        tokenized = [self.train[i] for i in chosen]
        texts = [self._train_texts[i] for i in chosen]
        return self._quality(texts, tokenized) | _diversity(tokenized)

    def score_test(self) -> dict[str, float]:
        """Computes the diversity and novelty of the test texts."""
        return _diversity(self.test) | self._novelty(self.test)

    def signatures(self, counts: Iterable[int]) -> list[str]:
        """Describes how each score is computed, as sacrebleu does.

        Args:
            counts: Numbers of scored texts that occur.

        Returns:
            One line per score.
        """
        tail = f"tok:{self.tokenizer}|case:lower|version:{__version__}"
        test, train = len(self.test), len(self.train)
        own = f"hyp:{','.join(map(str, sorted(counts)))}"
        lines = [
            f"BLEU-n|{own}|ref:{test}|smooth:method1|weights:uniform|{tail}",
            f"self-BLEU-n|{own}|ref:the others|smooth:method1|"
            f"weights:uniform|{tail}",
            f"distinct-2|{own}|{tail}",
            f"unique|{own}|{tail}",
            f"copied|{own}|of:{train}|whole texts|{tail}",
            f"new 4-grams|{own}|of:{train}|repetitions counted|{tail}",
            f"reverse ppl|{own}|test:{test}|model:kneser-ney-{_REVERSE_ORDER}|"
            f"vocabulary:{len(self._vocabulary)}|{tail}",
        ]
        if self.encode:
            lines.append(
                f"Frechet|{own}|test:{test}|encoder:{self.encoder}|"
                f"version:{__version__}"
            )
        return lines

    def _quality(
        self, texts: Sequence[str], tokenized: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Computes the scores against the test texts."""
        scores = {
            f"BLEU-{n}": value
            for n, value in bleu(tokenized, self.test).items()
        }
        if self.encode and self._test_features is not None:
            scores["Frechet"] = frechet_distance(
                self.encode(texts), self._test_features
            )
        model = KneserNey(
            self._rows(tokenized), len(self._vocabulary), _REVERSE_ORDER
        )
        nats = model.nll(self._test_rows).mean()
        return scores | {"reverse ppl": float(np.exp(nats))}

    def _novelty(self, tokenized: Sequence[Sequence[str]]) -> dict[str, float]:
        """Computes the scores against the training texts."""
        return {
            "copied %": 100.0 * copied(tokenized, self.train),
            "new 4-grams %": 100.0 * novelty(tokenized, self.train, 4),
        }

    def _rows(self, tokenized: Sequence[Sequence[str]]) -> list[list[int]]:
        return [self._vocabulary.row(tokens) for tokens in tokenized]


def table_row(name: str, scores: Mapping[str, float]) -> Row:
    """Returns a row of the score table.

    Args:
        name: Its name.
        scores: As `TextScorer` computes them.
    """
    return {"model": name, **{title: scores.get(title) for title in DIGITS}}


def _diversity(tokenized: Sequence[Sequence[str]]) -> dict[str, float]:
    """Computes the scores that need no other texts."""
    own = self_bleu(tokenized) if len(tokenized) > 1 else {}
    return {
        "texts": float(len(tokenized)),
        **{f"self-BLEU-{n}": value for n, value in own.items()},
        "distinct-2": distinct(tokenized, 2),
        "unique %": 100.0 * unique(tokenized),
        "words": float(np.mean([len(tokens) for tokens in tokenized])),
    }
