"""The generator: an LSTM language model, word id in, next word out."""

from __future__ import annotations

from typing import Any

import keras

State = list  # The LSTM's hidden and cell state, two (batch, units) tensors.


class Generator(keras.Model):
    """Embedding, LSTM, projection, and the embedding again as output.

    Input and output share one word matrix (Press & Wolf 2017), as in the
    TextGAN of Zhang et al. 2017. Built-in layers only, and no mask, so that
    the `.h5` loads in plain Keras; texts are padded on the right, where an
    LSTM's earlier outputs cannot see the padding.

    Args:
        vocabulary_size: Number of words, special ones included.
        embedding_dim: Width of a word vector.
        units: Width of the LSTM.
        dropout: Share of features dropped before and after the LSTM.

    Call arguments:
        ids: int32 tensor of shape `(batch, length)`.

    Returns:
        Logits of the next word, shape `(batch, length, vocabulary_size)`.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850)
        - [Press & Wolf 2017](https://arxiv.org/abs/1608.05859)
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 128,
        units: int = 256,
        dropout: float = 0.3,
        **kwargs: Any,
    ) -> None:
        # === Layers ===
        embedding = keras.layers.ReversibleEmbedding(
            vocabulary_size, embedding_dim, name="embedding"
        )
        drop_in = keras.layers.Dropout(dropout, name="dropout_in")
        lstm = keras.layers.LSTM(units, return_sequences=True, name="lstm")
        drop_out = keras.layers.Dropout(dropout, name="dropout_out")
        projection = keras.layers.Dense(embedding_dim, name="projection")

        # === Functional Model ===
        ids = keras.Input((None,), dtype="int32", name="ids")
        x = lstm(drop_in(embedding(ids)))
        logits = embedding(projection(drop_out(x)), reverse=True)
        kwargs.setdefault("name", "generator")
        super().__init__(inputs=ids, outputs=logits, **kwargs)

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.dropout = dropout
        self.embedding = embedding
        self.lstm = lstm
        self.projection = projection

    def initial_state(self, batch_size: Any) -> State:
        """Gives the state before the first word, all zero."""
        return self.lstm.cell.get_initial_state(batch_size)

    def step(self, vectors: Any, state: State) -> tuple[Any, State]:
        """Reads one word vector and predicts the next word.

        Args:
            vectors: Tensor of shape `(batch, embedding_dim)`.
            state: What `initial_state` or the step before returned.

        Returns:
            Logits of shape `(batch, vocabulary_size)` and the new state.
        """
        hidden, state = self.lstm.cell(vectors, state)
        return self.embedding(self.projection(hidden), reverse=True), state

    def get_config(self) -> dict[str, Any]:
        return {
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "dropout": self.dropout,
            "name": self.name,
        }
