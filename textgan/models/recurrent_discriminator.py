"""The recurrent discriminator: a real/fake logit after each word."""

from __future__ import annotations

from typing import Any

import keras

from gancore.network import Network, network_init


@keras.saving.register_keras_serializable("textgan")
class RecurrentDiscriminator(Network):
    """An LSTM that scores each word given the previous ones.

    The discriminator of ScratchGAN, whose per-word logits provide a dense
    reward. Built-in layers only.

    Args:
        vocabulary_size: Number of words, special ones included.
        embedding_dim: Width of a word vector.
        units: Width of the LSTM.
        dropout: Dropout rate before the LSTM and the logit.

    Call arguments:
        ids: int32 tensor of shape `(batch, length)`, 0 after the end.

    Returns:
        Real/fake logits of shape `(batch, length, 1)`, positive for real.

    Reference:
        - [de Masson d'Autume et al. 2019](https://arxiv.org/abs/1905.09922)
    """

    default_name = "discriminator"

    @network_init
    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 64,
        units: int = 256,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        # === Layers and functional model ===
        ids = keras.Input((None,), dtype="int32", name="ids")
        x = keras.layers.Embedding(
            vocabulary_size, embedding_dim, name="embedding"
        )(ids)
        x = keras.layers.SpatialDropout1D(dropout, name="dropout_in")(x)
        x = keras.layers.LSTM(units, return_sequences=True, name="lstm")(x)
        x = keras.layers.LayerNormalization(name="norm")(x)
        x = keras.layers.SpatialDropout1D(dropout, name="dropout_out")(x)
        logit = keras.layers.Dense(1, dtype="float32", name="logit")(x)
        super().__init__(inputs=ids, outputs=logit, **kwargs)

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.dropout = dropout

    def get_config(self) -> dict[str, Any]:
        return {
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "dropout": self.dropout,
            "name": self.name,
        }
