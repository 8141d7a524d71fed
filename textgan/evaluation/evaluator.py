"""Models, real texts and a scorer, put together for a table."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gancore import __version__
from gancore.errors import UserError
from gancore.io.tables import Row
from textgan.data.vocabulary import Vocabulary
from textgan.evaluation.options import ScoringOptions
from textgan.evaluation.perplexity import (
    Perplexity,
    mean_states,
    rows_of,
    summarise,
    token_nll,
)
from textgan.evaluation.references import find_references
from textgan.evaluation.report import Report
from textgan.evaluation.scorer import DIGITS, TextScorer
from textgan.inference.load import find_weights, load
from textgan.inference.samplers import Sampler
from textgan.inference.text_generator import TextGenerator
from textgan.metrics.kneser_ney import KneserNey

logger = logging.getLogger(__name__)

_ORDERS = (2, 3, 4)
# Texts written side by side, and the longest, in words or characters.
_ROWS = 256
_LONGEST = 1_000
# Test texts below which the states of usual models are as many.
_FEW = 512


class Evaluator:
    """What `evaluate` and `benchmark` measure, and with what.

    Args:
        models: Names or paths of generators; the first gives the vocabulary
            of the n-gram models beside it.
        options: The command's.

    Attributes:
        text_generators: By the name a table calls the model.

    Raises:
        UserError: If a file cannot be read, or two models share a name.
    """

    def __init__(self, models: Sequence[str], options: ScoringOptions) -> None:
        paths = {model: find_weights(model) for model in models}
        names = _names(paths)
        self.text_generators = {
            names[model]: load(path, batch_size=_ROWS, max_length=_LONGEST)
            for model, path in paths.items()
        }
        self.count = options.count
        self.real = find_references(options, next(iter(paths.values())))
        if len(self.real.test) <= _FEW:
            logger.warning(
                f"{len(self.real.test)} test texts are few: the Frechet "
                "distance of as many features is mostly chance"
            )
        encoder = find_weights(options.encoder or models[0])
        reader = next(iter(self.text_generators.values()))
        if options.encoder:
            reader = load(encoder)
        self.scorer = TextScorer(
            self.real.train,
            self.real.test,
            _Encoder(reader),
            encoder=f"{encoder.stem}-{_digest(encoder)}-mean-state",
            tokens=options.tokens,
        )

    @property
    def _vocabulary(self) -> Vocabulary:
        return next(iter(self.text_generators.values())).vocabulary

    def write(self, name: str, sampler: Sampler) -> list[str]:
        """Writes as many texts as are to be measured."""
        text_generator = self.text_generators[name]
        text_generator.sampler = sampler
        return list(text_generator.jokes(range(self.count)))

    def likelihoods(self) -> list[Row]:
        """Gives the rows of the table of validation likelihood.

        Below the models stand Kneser-Ney ones of the first one's vocabulary.
        """
        found = []
        first = self._vocabulary
        for name, text_generator in self.text_generators.items():
            if text_generator.vocabulary.words != first.words:
                logger.warning(
                    f"{name} has other words: its likelihood is another scale"
                )
            if text_generator.generator.latent_dim:
                logger.warning(
                    f"{name} has a latent code, and no likelihood without it"
                )
                continue
            rows = rows_of(text_generator.vocabulary, self.real.test)
            nll = token_nll(text_generator.generator, rows)
            found.append(_likelihood_row(name, summarise(nll, rows)))
        return found + self._baselines()

    def _baselines(self) -> list[Row]:
        vocabulary = self._vocabulary
        train = rows_of(vocabulary, self.real.train)
        test = rows_of(vocabulary, self.real.test)
        found = []
        for order in _ORDERS:
            nll = KneserNey(train, len(vocabulary), order).nll(test)
            name = f"Kneser-Ney {order}-gram"
            found.append(_likelihood_row(name, summarise(nll, test)))
        return found

    def row(
        self,
        name: str,
        texts: Sequence[str],
        words: Sequence[Sequence[str]] | None = None,
    ) -> Row:
        """Gives a row of the table of scores.

        Args:
            name: Of the row.
            texts: Written texts, of which `count` are measured.
            words: The same, split, if they were written split.
        """
        words = words and words[: self.count]
        scores = self.scorer.measure(texts[: self.count], words)
        return _score_row(name, scores)

    def real_rows(self) -> list[Row]:
        """Gives those of real texts."""
        train = self.scorer.measure_train(self.count)
        return [
            _score_row("real, learnt from", train),
            _score_row("real, validation", self.scorer.measure_test()),
        ]

    def report(self, rows: Sequence[Row]) -> Report:
        """Puts rows of scores beside the likelihoods."""
        return Report(self.likelihoods(), rows, self._signatures(rows))

    def _signatures(self, rows: Sequence[Row]) -> list[str]:
        counts = {
            int(count)
            for row in rows
            if isinstance(count := row["texts"], float)
        }
        words = self._vocabulary
        return [
            f"nats/word|test:{len(self.real.test)}|tok:{words.level}|"
            f"vocabulary:{len(words)}|ends:counted|version:{__version__}",
            *self.scorer.signatures(counts),
        ]


class _Encoder:
    """Gives the mean states by which a model reads texts."""

    def __init__(self, text_generator: TextGenerator) -> None:
        if text_generator.generator.latent_dim:
            raise UserError(
                "a model with a latent code cannot tell the Frechet distance; "
                "give --encoder another"
            )
        self.text_generator = text_generator

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        rows = rows_of(self.text_generator.vocabulary, texts)
        return mean_states(self.text_generator.generator, rows)


def _likelihood_row(name: str, found: Perplexity) -> Row:
    return {
        "model": name,
        "nats/word": found.nats,
        "perplexity": found.perplexity,
        "known words only": found.known_nats,
        "unknown %": 100.0 * found.unknown,
    }


def _score_row(name: str, scores: Mapping[str, float]) -> Row:
    return {"model": name, **{title: scores.get(title) for title in DIGITS}}


def _names(paths: Mapping[str, Path]) -> dict[str, str]:
    """Names models by their files, and by the folders of equal files."""
    names = {model: path.stem for model, path in paths.items()}
    if len(set(names.values())) < len(names):
        names = {m: f"{p.parent.name}/{p.stem}" for m, p in paths.items()}
    if len(set(names.values())) < len(names):
        raise UserError("two models have the same name; rename a file")
    return names


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
