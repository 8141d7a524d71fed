"""Evaluates models: perplexity on test texts, and scores of their samples."""

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
    encode_texts,
    mean_states,
    token_nll,
)
from textgan.evaluation.references import find_references
from textgan.evaluation.report import Report
from textgan.evaluation.scorer import TextScorer, table_row
from textgan.inference.load import find_weights, load
from textgan.inference.samplers import Sampler
from textgan.inference.text_generator import TextGenerator
from textgan.metrics.kneser_ney import KneserNey

logger = logging.getLogger(__name__)

_NGRAM_ORDERS = (2, 3, 4)
# Texts generated in parallel, and the longest, in tokens.
_BATCH_SIZE = 256
_MAX_LENGTH = 1_000
# Usual numbers of features: with no more texts than that their covariance,
# and so the Frechet distance, is mostly noise.
_FEW_TEXTS = 512


class Evaluator:
    """Evaluates models against the same reference texts.

    Args:
        models: Names or paths of generators; the n-gram baselines use the
            vocabulary of the first.
        options: Options of the command.

    Attributes:
        text_generators: Generators by the names of their rows.
        references: Training and test texts.
        scorer: Scores texts against them.

    Raises:
        UserError: If a file cannot be read, or two models share a name.
    """

    def __init__(self, models: Sequence[str], options: ScoringOptions) -> None:
        paths = {model: find_weights(model) for model in models}
        names = _row_names(paths)
        self.text_generators = {
            names[model]: load(
                path, batch_size=_BATCH_SIZE, max_length=_MAX_LENGTH
            )
            for model, path in paths.items()
        }
        self.count = options.count
        self.references = find_references(options, next(iter(paths.values())))
        if len(self.references.test) <= _FEW_TEXTS:
            logger.warning(
                f"{len(self.references.test)} test texts are few: the Frechet "
                "distance of as many features is mostly noise"
            )
        encoder = find_weights(options.encoder or models[0])
        encoder_model = next(iter(self.text_generators.values()))
        if options.encoder:
            encoder_model = load(encoder)
        self.scorer = TextScorer(
            self.references.train,
            self.references.test,
            _MeanStateEncoder(encoder_model),
            encoder=f"{encoder.stem}-{_digest(encoder)}-mean-state",
            tokenizer=options.tokens,
        )

    def generate(self, name: str, sampler: Sampler) -> list[str]:
        """Generates `count` texts with one of the models."""
        text_generator = self.text_generators[name]
        text_generator.sampler = sampler
        return text_generator.generate(count=self.count)

    def perplexity_rows(self) -> list[Row]:
        """Computes the rows of the table of perplexity on the test texts.

        Below the models are Kneser-Ney models with the first one's vocabulary.
        """
        rows = []
        vocabulary = self._vocabulary
        for name, text_generator in self.text_generators.items():
            if text_generator.vocabulary.words != vocabulary.words:
                logger.warning(
                    f"{name} has another vocabulary: its perplexity cannot be "
                    "compared with the others"
                )
            if text_generator.generator.latent_dim:
                logger.warning(
                    f"{name} has a latent code: no perplexity is computed"
                )
                continue
            test = encode_texts(text_generator.vocabulary, self.references.test)
            nll = token_nll(text_generator.generator, test)
            rows.append(_perplexity_row(name, Perplexity.from_nll(nll, test)))
        return rows + self._ngram_rows()

    def score_row(
        self,
        name: str,
        texts: Sequence[str],
        tokenized: Sequence[Sequence[str]] | None = None,
    ) -> Row:
        """Computes one row of the score table.

        Args:
            name: Name of the row.
            texts: Generated texts, of which the first `count` are scored.
            tokenized: Their tokens, if they were generated as tokens.
        """
        tokenized = tokenized and tokenized[: self.count]
        return table_row(
            name, self.scorer.score(texts[: self.count], tokenized)
        )

    def reference_rows(self) -> list[Row]:
        """Computes the rows of the training and the test texts."""
        train = self.scorer.score_train(self.count)
        return [
            table_row("real, training set", train),
            table_row("real, test set", self.scorer.score_test()),
        ]

    def report(self, rows: Sequence[Row]) -> Report:
        """Combines the score table with the table of perplexity."""
        return Report(self.perplexity_rows(), rows, self._signatures(rows))

    @property
    def _vocabulary(self) -> Vocabulary:
        return next(iter(self.text_generators.values())).vocabulary

    def _ngram_rows(self) -> list[Row]:
        vocabulary = self._vocabulary
        train = encode_texts(vocabulary, self.references.train)
        test = encode_texts(vocabulary, self.references.test)
        rows = []
        for order in _NGRAM_ORDERS:
            nll = KneserNey(train, len(vocabulary), order).nll(test)
            name = f"Kneser-Ney {order}-gram"
            rows.append(_perplexity_row(name, Perplexity.from_nll(nll, test)))
        return rows

    def _signatures(self, rows: Sequence[Row]) -> list[str]:
        counts = {
            int(count)
            for row in rows
            if isinstance(count := row["texts"], float)
        }
        vocabulary = self._vocabulary
        return [
            f"nats/word|test:{len(self.references.test)}|"
            f"tok:{vocabulary.level}|vocabulary:{len(vocabulary)}|"
            f"ends:counted|version:{__version__}",
            *self.scorer.signatures(counts),
        ]


class _MeanStateEncoder:
    """Computes features of texts: the mean hidden states of a generator."""

    def __init__(self, text_generator: TextGenerator) -> None:
        if text_generator.generator.latent_dim:
            raise UserError(
                "a model with a latent code cannot encode texts for the "
                "Frechet distance; give another one with --encoder"
            )
        self.text_generator = text_generator

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        rows = encode_texts(self.text_generator.vocabulary, texts)
        return mean_states(self.text_generator.generator, rows)


def _perplexity_row(name: str, found: Perplexity) -> Row:
    return {
        "model": name,
        "nats/word": found.nats,
        "perplexity": found.perplexity,
        "known words only": found.known_nats,
        "unknown %": 100.0 * found.unknown,
    }


def _row_names(paths: Mapping[str, Path]) -> dict[str, str]:
    """Names models by their files, or by folder and file if these are equal."""
    names = {model: path.stem for model, path in paths.items()}
    if len(set(names.values())) < len(names):
        names = {m: f"{p.parent.name}/{p.stem}" for m, p in paths.items()}
    if len(set(names.values())) < len(names):
        raise UserError("two models have the same name; rename a file")
    return names


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
