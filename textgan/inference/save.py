"""Saves a text generator as an `.h5` that `load` and every Keras read."""

from __future__ import annotations

import os

import keras

from gancore.saving.save import save_model
from textgan.data.vocabulary import Vocabulary
from textgan.inference.text_generator import TextGenerator


def save(
    model: keras.Model | TextGenerator,
    path: str | os.PathLike[str],
    vocabulary: Vocabulary | None = None,
) -> None:
    """Saves a text generator with its vocabulary as an `.h5` file.

    The file holds built-in layers only, so that `keras.models.load_model`
    reads it in any version of Keras, without this package; the vocabulary is
    in an attribute of the file, which `load` reads.

    Args:
        model: A `TextGenerator`, a `Generator`, or a `GAN`, of which the EMA
            generator is saved.
        path: File to write, which ends in `.h5`. An existing one is replaced.
        vocabulary: The vocabulary; by default that of the `TextGenerator`.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If there is no vocabulary, it has not as many words as the
            network, or the file name does not end in `.h5`.
        UserError: If a weight is not finite or the file cannot be written.
    """
    if isinstance(model, TextGenerator):
        vocabulary = vocabulary or model.vocabulary
        model = model.generator
    if vocabulary is None:
        raise ValueError(
            "save needs the vocabulary of the generator: "
            "textgan.save(model, path, vocabulary=...)"
        )
    network = getattr(model, "ema_generator", model)
    if isinstance(network, keras.Model):
        size = network.output_shape[-1]
        if size != len(vocabulary):
            raise ValueError(
                f"the vocabulary has {len(vocabulary)} words and the network "
                f"{size}; expected the vocabulary it was trained with"
            )
    facts = {"vocabulary": vocabulary.words, "level": vocabulary.level}
    save_model(network, path, "textgan", **facts)
