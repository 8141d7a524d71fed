"""The discriminator: a text in, a real/fake logit and features out."""

from __future__ import annotations

from typing import Any

import keras

from gancore.network import Network, network_init
from textgan.models.encoder import ngram_features, predict_latent_code


@keras.saving.register_keras_serializable("textgan")
class Discriminator(Network):
    """A text CNN: convolutions of several widths, then max over time.

    The network of Kim 2014, as in TextGAN and RelGAN: each filter detects one
    kind of n-gram anywhere in the text. Its embedding is its own, not the
    generator's. Built-in layers only.

    Args:
        vocabulary_size: Number of words, special ones included.
        embedding_dim: Width of a word vector.
        widths: Kernel sizes of the convolutions, in words.
        filters: Filters of each kernel size.
        dropout: Dropout rate before the logit.
        latent_dim: Width of the latent code it reconstructs; 0 for none.

    Call arguments:
        ids: int32 tensor of shape `(batch, length)`, 0 after the end.

    Returns:
        Real/fake logits of shape `(batch, 1)`, positive for real, and
        features of shape `(batch, len(widths) * filters)` in -1..1. With
        `latent_dim` also the predicted codes, `(batch, latent_dim)` in -1..1.

    Reference:
        - [Kim 2014](https://arxiv.org/abs/1408.5882)
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850)
    """

    default_name = "discriminator"

    @network_init
    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 64,
        widths: tuple[int, ...] = (2, 3, 4, 5),
        filters: int = 64,
        dropout: float = 0.25,
        latent_dim: int = 0,
        **kwargs: Any,
    ) -> None:
        # === Layers ===
        embedding = keras.layers.Embedding(
            vocabulary_size, embedding_dim, name="embedding"
        )
        drop = keras.layers.Dropout(dropout, name="dropout")
        logit = keras.layers.Dense(1, dtype="float32", name="logit")

        # === Functional Model ===
        ids = keras.Input((None,), dtype="int32", name="ids")
        vectors = embedding(ids)
        features = ngram_features(vectors, widths, filters)
        outputs = [logit(drop(features)), features]
        if latent_dim:
            outputs.append(predict_latent_code(features, latent_dim))
        super().__init__(inputs=ids, outputs=outputs, **kwargs)

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.widths = tuple(widths)
        self.filters = filters
        self.dropout = dropout
        self.latent_dim = latent_dim
        self.embedding = embedding
        # The same layers without the embedding.
        self.head = keras.Model(vectors, outputs, name="head")

    def score_soft(self, words: Any, training: bool = False) -> Any:
        """Scores distributions over words, differentiable in them.

        Args:
            words: Tensor of shape `(batch, length, vocabulary_size)` whose
                rows sum to 1; a one-hot row is equivalent to its id.

        Returns:
            The same outputs as a call with ids.
        """
        dtype = self.compute_dtype
        vectors = keras.ops.matmul(
            keras.ops.cast(words, dtype),
            keras.ops.cast(self.embedding.embeddings, dtype),
        )
        return self.head(vectors, training=training)

    def get_config(self) -> dict[str, Any]:
        return {
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "widths": self.widths,
            "filters": self.filters,
            "dropout": self.dropout,
            "latent_dim": self.latent_dim,
            "name": self.name,
        }
