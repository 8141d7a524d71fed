"""Features of a text's n-grams, and the latent code predicted from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from gancore.network import Network, network_init


def ngram_features(vectors: Any, widths: Sequence[int], filters: int) -> Any:
    """Detects n-grams anywhere in a text: convolutions, max over time.

    Args:
        vectors: Symbolic tensor of shape `(batch, length, embedding_dim)`.
        widths: Kernel sizes of the convolutions, in words.
        filters: Filters of each kernel size.

    Returns:
        Symbolic tensor of shape `(batch, len(widths) * filters)` in -1..1.

    Reference:
        - [Kim 2014](https://arxiv.org/abs/1408.5882)
    """
    pooled = []
    for width in widths:
        x = keras.layers.Conv1D(
            filters,
            width,
            padding="same",
            activation="tanh",
            name=f"phrases_{width}",
        )(vectors)
        pooled.append(keras.layers.GlobalMaxPooling1D(name=f"max_{width}")(x))
    return keras.layers.Concatenate(dtype="float32", name="features")(pooled)


def predict_latent_code(features: Any, latent_dim: int) -> Any:
    """Predicts a latent code from features (Zhang et al. 2017, figure 1).

    Args:
        features: Symbolic tensor of shape `(batch, features)`.
        latent_dim: Width of the code.

    Returns:
        Symbolic tensor of shape `(batch, latent_dim)` in -1..1.
    """
    x = keras.layers.Dense(
        features.shape[-1], activation="tanh", name="reader"
    )(features)
    return keras.layers.Dense(
        latent_dim, activation="tanh", dtype="float32", name="code"
    )(x)


@keras.saving.register_keras_serializable("textgan")
class Encoder(Network):
    """Encodes a real text as a latent code, for the generator to decode.

    Args:
        vocabulary_size: Number of words, special ones included.
        latent_dim: Width of the code.
        embedding_dim: Width of a word vector.
        widths: Kernel sizes of the convolutions, in words.
        filters: Filters of each kernel size.

    Call arguments:
        ids: int32 tensor of shape `(batch, length)`, 0 after the end.

    Returns:
        Codes of shape `(batch, latent_dim)` in -1..1.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3.4
    """

    default_name = "encoder"

    @network_init
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
        features = ngram_features(vectors, widths, filters)
        super().__init__(
            inputs=ids,
            outputs=predict_latent_code(features, latent_dim),
            **kwargs,
        )

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.latent_dim = latent_dim
        self.embedding_dim = embedding_dim
        self.widths = tuple(widths)
        self.filters = filters

    def get_config(self) -> dict[str, Any]:
        return {
            "vocabulary_size": self.vocabulary_size,
            "latent_dim": self.latent_dim,
            "embedding_dim": self.embedding_dim,
            "widths": self.widths,
            "filters": self.filters,
            "name": self.name,
        }
