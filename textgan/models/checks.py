"""Checks of what a GAN is given: networks of one vocabulary, and ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from textgan.models.generator import Generator


def check_networks(generator: Any, *others: Any) -> None:
    """Checks that networks can be trained together.

    Args:
        generator: The generator.
        *others: Discriminator and encoder; `None` is skipped.

    Raises:
        TypeError: If the generator is no `Generator`.
        ValueError: If another network has a vocabulary of another size.
    """
    if not isinstance(generator, Generator):
        raise TypeError(
            f"generator is a {type(generator).__name__}; expected a "
            "textgan.Generator, such as textgan.load(...).generator"
        )
    for network in others:
        size = getattr(network, "vocabulary_size", generator.vocabulary_size)
        if size != generator.vocabulary_size:
            raise ValueError(
                f"the generator has a vocabulary of "
                f"{generator.vocabulary_size} words and the {network.name} of "
                f"{size}; expected the same"
            )


def check_vocabulary(ids: Any, size: int) -> None:
    """Checks that ids are those of a vocabulary.

    Args:
        ids: Array or tensor; anything else, such as a dataset, is not checked.
        size: Number of words of the vocabulary.

    Raises:
        ValueError: If there is another id.
    """
    if not isinstance(ids, np.ndarray | tf.Tensor) or not np.size(ids):
        return
    low, high = np.min(ids), np.max(ids)
    if low < 0 or high >= size:
        raise ValueError(
            f"the data have ids from {low} to {high}; expected 0 to "
            f"{size - 1}, those of the generator's vocabulary"
        )


def check_ids(ids: Any, targets: Any = None) -> tf.Tensor:
    """Checks a batch of texts.

    Args:
        ids: Integer tensor of shape `(batch, length)`.
        targets: What the data have besides; expected to be `None`.

    Raises:
        ValueError: If it is anything else.
    """
    if targets is not None or isinstance(ids, list | tuple | dict):
        raise ValueError(
            "the data have inputs and targets; expected ids only, which are "
            "both: shape (batch, length), as Vocabulary.row returns them"
        )
    ids = tf.convert_to_tensor(ids)
    if not ids.dtype.is_integer or ids.shape.rank not in (2, None):
        raise ValueError(
            f"the data are {ids.dtype.name} of shape {tuple(ids.shape)}; "
            "expected integer ids of shape (batch, length)"
        )
    return ids
