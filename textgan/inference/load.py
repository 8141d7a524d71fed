"""Loads text generators: pretrained weights by name, or an `.h5` by path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from gancore.errors import UserError
from gancore.saving.model_io import get_metadata
from gancore.saving.model_loading import find_model, holds_network, load_network
from gancore.saving.safe_h5 import CheckedFile, open_checked
from textgan.data.token_levels import LEVELS
from textgan.data.vocabulary import Vocabulary
from textgan.inference.logits_processors import LogitsProcessor
from textgan.inference.samplers import Sampler
from textgan.inference.text_generator import TextGenerator
from textgan.inference.vocabulary_file import (
    checked_vocabulary,
    read_vocabulary,
)
from textgan.models.discriminator import Discriminator
from textgan.models.generator import Generator
from textgan.models.untied import tied_weights

# Names of the weights that the package includes.
PRETRAINED = TextGenerator.presets
# Maximum length of a text that the metadata of a model may ask for, in tokens.
_MAX_LENGTH = 10_000
_WEIGHTS = Path(__file__).parent.parent / "weights"


def find_weights(name_or_path: str | Path) -> Path:
    """Finds a model's file, by a name in `PRETRAINED` or its path.

    Raises:
        UserError: If there is no such file.
    """
    return find_model(name_or_path, PRETRAINED, _WEIGHTS)


def load(
    name_or_path: str | Path,
    sampler: Sampler | None = None,
    *,
    logits_processors: Sequence[LogitsProcessor] = (),
    max_length: int | None = None,
    batch_size: int = 64,
    vocabulary: Vocabulary | str | Path | None = None,
) -> TextGenerator:
    """Loads a generator with its vocabulary.

    Args:
        name_or_path: A name in `PRETRAINED`, the path of a `model.h5` of
            `train_textgan.py` or of its folder, of an `.h5` or `.keras` file
            that Keras saved, or `hf://OWNER/NAME`.
        sampler: Sampler of the `TextGenerator`.
        logits_processors: Logits processors of the `TextGenerator`.
        max_length: Longest text in tokens. Defaults to the longest training
            text, but at least 100 words and punctuation marks, or 500
            characters.
        batch_size: Number of texts generated in parallel.
        vocabulary: Vocabulary of a model that was saved by plain Keras, which
            does not keep it; or a file that `read_vocabulary` reads.

    Returns:
        A `TextGenerator`.

    Raises:
        UserError: If there is no such file, or it holds no text generator, or
            one that does not match its vocabulary.

    Examples:
        >>> text_generator = load("jokes")
        >>> text_generator.unknown_words("What did the zyzzyva say?")
        ['zyzzyva']
    """
    path = find_weights(name_or_path)
    with open_checked(path) as checked:
        provenance = get_metadata(checked)
        package = provenance.get("package")
        if package == "srgan":
            raise UserError(
                f"{path} upscales images (srgan); give it a text generator"
            )
        if not holds_network(checked):
            raise UserError(f"{path} is no model of train_textgan.py")
        if vocabulary is None and package != "textgan":
            raise UserError(
                f"{path} is no model of train_textgan.py, or Keras has saved "
                "it without its vocabulary: give load(..., vocabulary=...) the "
                "model.h5 that was fine-tuned, or its vocabulary.json"
            )
        if vocabulary is None:
            vocabulary = checked_vocabulary(provenance, path)
        elif not isinstance(vocabulary, Vocabulary):
            vocabulary = read_vocabulary(find_weights(vocabulary))
        network = load_network(checked)
    generator = _generator(network, len(vocabulary), path)
    return TextGenerator(
        generator,
        vocabulary,
        sampler,
        logits_processors=logits_processors,
        max_length=max_length or longest_learned(provenance, vocabulary.level),
        batch_size=batch_size,
    )


def longest_learned(provenance: dict[str, Any], level: str) -> int:
    """Returns the maximum length of generated texts, in tokens.

    Args:
        provenance: Metadata of a model, whose `data` may name the length of
            the longest training text.
        level: Its token level.
    """
    data = provenance.get("data")
    longest = data.get("longest_tokens") if isinstance(data, dict) else None
    usual = LEVELS[level].longest
    if type(longest) is not int or not usual < longest <= _MAX_LENGTH:
        return usual
    return longest


def read_any(checked: CheckedFile, provenance: dict[str, Any]) -> keras.Model:
    """Reads any network of this package from a file.

    Args:
        checked: File of a generator or a discriminator.
        provenance: The file's metadata.

    Returns:
        A `Generator`; a `Discriminator`, rebuilt if it is of version 0.1, so
        that it is saved in the form that every Keras loads; or the network as
        it is in the file.

    Raises:
        UserError: If the file holds none.
    """
    network = load_network(checked)
    if "vocabulary" in provenance:
        vocabulary = checked_vocabulary(provenance, checked.path)
        return _generator(network, len(vocabulary), checked.path)
    layers = {layer.name: layer for layer in network.layers}
    if isinstance(layers.get("judge"), keras.Model):
        return _discriminator(network, layers)
    return network


def _discriminator(network: keras.Model, layers: dict[str, Any]) -> keras.Model:
    """Rebuilds a discriminator of version 0.1, which nests a model."""
    embedding, inner = layers["embedding"], layers["judge"]
    phrases = [la for la in inner.layers if la.name.startswith("phrases_")]
    rebuilt = Discriminator(
        embedding.input_dim,
        embedding.output_dim,
        tuple(la.kernel_size[0] for la in phrases),
        phrases[0].filters if phrases else 1,
        inner.get_layer("dropout").rate,
        network.outputs[2].shape[-1] if network.outputs[2:] else 0,
    )
    if [w.shape for w in rebuilt.weights] != [w.shape for w in network.weights]:
        return network
    rebuilt.set_weights(network.get_weights())
    return rebuilt


def _generator(network: keras.Model, size: int, path: Path) -> Generator:
    """Rebuilds the generator, which can step token by token."""
    layers = {layer.name: layer for layer in network.layers}
    if not {"embedding", "dropout_in", "lstm"} <= layers.keys():
        raise UserError(f"{path} is no generator; is it a discriminator?")
    embedding, lstm = layers["embedding"], layers["lstm"]
    if embedding.input_dim != size:
        raise UserError(
            f"{path} has a vocabulary of {size} words and a network of "
            f"{embedding.input_dim}"
        )
    latent_dim = network.inputs[1].shape[-1] if network.inputs[1:] else 0
    try:
        weights = tied_weights(network) if "logits" in layers else {}
        generator = Generator(
            size,
            embedding.output_dim,
            lstm.units,
            layers["dropout_in"].rate,
            latent_dim,
            tie_weights=len(weights.get("embedding", ())) < 2,
        )
        for name, values in weights.items():
            getattr(generator, name).set_weights(values)
        if not weights:
            # Version 0.1 saved the generator's own layers.
            generator.set_weights(network.get_weights())
    except (ValueError, AttributeError) as error:
        raise UserError(f"{path} has another architecture: {error}") from error
    return generator
