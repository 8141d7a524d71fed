"""Loads a writer: shipped weights by name, or an `.h5` by path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from adversarial.checked_file import opened
from adversarial.checkpoint import provenance_of
from adversarial.loading import find_model, holds_network, load_network
from adversarial.messages import UserError
from textgan.generator import Generator
from textgan.guards import Guard
from textgan.levels import LEVELS
from textgan.sampling import Sampler
from textgan.vocabulary import Vocabulary
from textgan.writer import Writer

# Names of the weights that come with the package.
SHIPPED = ("jokes",)
_WEIGHTS = Path(__file__).parent / "weights"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")


def find(name_or_path: str | Path) -> Path:
    """Finds a model's file by one of the names in `SHIPPED`, or its path.

    Raises:
        UserError: If there is none.
    """
    return find_model(name_or_path, SHIPPED, _WEIGHTS)


def load(
    name_or_path: str | Path,
    sampler: Sampler | None = None,
    *,
    guards: Sequence[Guard] = (),
    max_length: int | None = None,
    batch_size: int = 64,
) -> Writer:
    """Loads a generator with its vocabulary.

    Args:
        name_or_path: One of the names in `SHIPPED`, or the path of a
            `model.h5` of `train_textgan.py`.
        sampler: Of the `Writer`, as all that follows.
        guards: Forbid words before the sampler chooses.
        max_length: Longest joke, in words and marks or in characters.
        batch_size: Jokes that are written side by side.

    Raises:
        UserError: If there is no such file, or it holds no generator of
            texts, or one that does not fit its vocabulary.

    Examples:
        >>> writer = load("jokes")
        >>> writer.unknown_words("What did the zyzzyva say?")
        ['zyzzyva']
    """
    path = find(name_or_path)
    with opened(path) as checked:
        provenance = provenance_of(checked)
        package = provenance.get("package")
        if package == "srgan":
            raise UserError(
                f"{path} enlarges pictures (srgan); give it a writer"
            )
        if not holds_network(checked) or package != "textgan":
            raise UserError(f"{path} is no model of train_textgan.py")
        vocabulary = _vocabulary(provenance, path)
        network = load_network(checked)
    generator = _generator(network, len(vocabulary), path)
    return Writer(
        generator,
        vocabulary,
        sampler,
        guards=guards,
        max_length=max_length,
        batch_size=batch_size,
    )


def _vocabulary(provenance: dict[str, Any], path: Path) -> Vocabulary:
    words, level = provenance.get("vocabulary"), provenance.get("level", "word")
    if not isinstance(words, list) or level not in tuple(LEVELS):
        raise UserError(f"{path} has no vocabulary")
    # What no text of a training has could steer the reader's terminal.
    if not all(
        isinstance(w, str) and w and not _CONTROL.search(w) for w in words
    ):
        raise UserError(f"the vocabulary of {path} holds more than words")
    try:
        return Vocabulary(words, level)
    except ValueError as error:
        raise UserError(f"the vocabulary of {path} is damaged: {error}") from (
            error
        )


def _generator(network: keras.Model, size: int, path: Path) -> Generator:
    """Rebuilds the generator, which can go word by word, from its graph."""
    try:
        embedding, lstm = (
            network.get_layer(name) for name in ("embedding", "lstm")
        )
    except ValueError as error:
        raise UserError(
            f"{path} is no generator; is it a discriminator?"
        ) from error
    if embedding.input_dim != size:
        raise UserError(
            f"{path} has a vocabulary of {size} words and a network of "
            f"{embedding.input_dim}"
        )
    latent_dim = network.inputs[1].shape[-1] if network.inputs[1:] else 0
    generator = Generator(
        size, embedding.output_dim, lstm.units, latent_dim=latent_dim
    )
    try:
        generator.set_weights(network.get_weights())
    except ValueError as error:
        raise UserError(f"{path} is of another design: {error}") from error
    return generator
