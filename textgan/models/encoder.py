"""Phrases of a text, and the latent code that can be read off them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


def phrase_features(vectors: Any, widths: Sequence[int], filters: int) -> Any:
    """Looks for phrases anywhere in a text: convolutions, max over time.

    Args:
        vectors: Symbolic tensor of shape `(batch, length, embedding_dim)`.
        widths: Lengths of the phrases, in words.
        filters: Phrases of each length.

    Returns:
        Symbolic tensor of shape `(batch, len(widths) * filters)` in -1..1.

    Reference:
        - [Kim 2014](https://arxiv.org/abs/1408.5882)
    """
    found = []
    for width in widths:
        x = keras.layers.Conv1D(
            filters,
            width,
            padding="same",
            activation="tanh",
            name=f"phrases_{width}",
        )(vectors)
        found.append(keras.layers.GlobalMaxPooling1D(name=f"max_{width}")(x))
    return keras.layers.Concatenate(dtype="float32", name="features")(found)


def predict_code(features: Any, latent_dim: int) -> Any:
    """Reads a latent code off features (Zhang et al. 2017, figure 1)."""
    x = keras.layers.Dense(
        features.shape[-1], activation="tanh", name="reader"
    )(features)
    return keras.layers.Dense(
        latent_dim, activation="tanh", dtype="float32", name="code"
    )(x)


class Encoder(keras.Model):
    """Reads the latent code off a real text, to learn to write it again.

    Args:
        vocabulary_size: Number of words, special ones included.
        latent_dim: Width of the code.
        embedding_dim: Width of a word vector.
        widths: Lengths of the phrases, in words.
        filters: Phrases of each length.

    Call arguments:
        ids: int32 tensor of shape `(batch, length)`, 0 after the end.

    Returns:
        Codes of shape `(batch, latent_dim)` in -1..1.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3.4
    """

    def __init__(
        self,
        vocabulary_size: int,
        latent_dim: int,
        embedding_dim: int = 64,
        widths: Sequence[int] = (2, 3, 4, 5),
        filters: int = 64,
        **kwargs: Any,
    ) -> None:
        # === Layers and functional model ===
        ids = keras.Input((None,), dtype="int32", name="ids")
        vectors = keras.layers.Embedding(
            vocabulary_size, embedding_dim, name="embedding"
        )(ids)
        features = phrase_features(vectors, widths, filters)
        kwargs.setdefault("name", "encoder")
        super().__init__(
            inputs=ids, outputs=predict_code(features, latent_dim), **kwargs
        )
