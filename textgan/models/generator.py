"""The generator: an LSTM language model, word ids in, next-word logits out."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from gancore.network import Network, network_init
from textgan.models.fast_lstm import lstm_states
from textgan.models.untied import untied_graph

# The LSTM's hidden and cell state, two tensors of shape (batch, units), then
# the latent code if the generator takes one.
State = list[Any]


@keras.saving.register_keras_serializable("textgan")
class Generator(Network):
    """Embedding, LSTM, projection, and the tied embedding as output layer.

    Input and output share one embedding matrix (Press & Wolf 2017), as in the
    TextGAN of Zhang et al. 2017. A latent code, as there, sets the LSTM's
    initial hidden state and is concatenated to the input of every step. There
    is no mask: texts are padded on the right, which earlier outputs of an LSTM
    do not depend on. The `.h5` holds `plain_graph`, which every Keras loads.

    Args:
        vocabulary_size: Number of words, special ones included.
        embedding_dim: Width of a word vector.
        units: Width of the LSTM.
        dropout: Dropout rate before and after the LSTM, with one mask for all
            time steps of a text (Gal & Ghahramani 2016).
        latent_dim: Width of the latent code; 0 for none.
        tie_weights: Whether the output layer is the embedding, transposed;
            else it has weights of its own, as after fine-tuning the `.h5` in
            plain Keras.

    Call arguments:
        ids: int32 tensor of shape `(batch, length)`. With a latent code, a
            list of this and the code, shape `(batch, latent_dim)`, in -1..1.

    Returns:
        Logits of the next word, shape `(batch, length, vocabulary_size)`.

    Examples:
        >>> generator = Generator(vocabulary_size=50, embedding_dim=8, units=16)
        >>> ids = tf.constant([[2, 7, 9], [2, 5, 0]])
        >>> tuple(generator(ids).shape)
        (2, 3, 50)

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850)
        - [Press & Wolf 2017](https://arxiv.org/abs/1608.05859)
        - [Gal & Ghahramani 2016](https://arxiv.org/abs/1512.05287)
    """

    default_name = "generator"

    @network_init
    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 128,
        units: int = 256,
        dropout: float = 0.3,
        latent_dim: int = 0,
        tie_weights: bool = True,
        **kwargs: Any,
    ) -> None:
        # === Layers ===
        embedding = keras.layers.ReversibleEmbedding(
            vocabulary_size,
            embedding_dim,
            tie_weights=tie_weights,
            name="embedding",
        )
        drop_in = keras.layers.SpatialDropout1D(dropout, name="dropout_in")
        lstm = keras.layers.LSTM(units, return_sequences=True, name="lstm")
        drop_out = keras.layers.SpatialDropout1D(dropout, name="dropout_out")
        projection = keras.layers.Dense(embedding_dim, name="projection")
        start = keras.layers.Dense(units, activation="tanh", name="start")

        # === Functional Model ===
        ids = keras.Input((None,), dtype="int32", name="ids")
        inputs, initial_state = ids, None
        x = drop_in(embedding(ids))
        if latent_dim:
            code = keras.Input((latent_dim,), name="code")
            inputs = [ids, code]
            hidden = start(code)
            cell = keras.layers.Rescaling(0.0, name="rest")(hidden)
            initial_state = [hidden, cell]
            x = keras.layers.Concatenate(name="with_code")(
                [x, _repeat_code(code, ids, vocabulary_size)]
            )
        x = lstm(x, initial_state=initial_state)
        logits = embedding(projection(drop_out(x)), reverse=True)
        super().__init__(inputs=inputs, outputs=logits, **kwargs)

        # === Config ===
        gpus = tf.config.list_physical_devices("GPU")
        self.fast_lstm = not (gpus or latent_dim)
        self.drop_in = drop_in
        self.drop_out = drop_out
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.dropout = dropout
        self.latent_dim = latent_dim
        self.tie_weights = tie_weights
        self.embedding = embedding
        self.lstm = lstm
        self.projection = projection
        self.start = start

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        # Computes the same as the layers; on a GPU Keras uses cuDNN.
        if not (training and self.fast_lstm):
            return super().call(inputs, training=training, mask=mask)
        return self.embedding(self.hidden_vectors(inputs), reverse=True)

    def hidden_vectors(self, ids: Any) -> Any:
        """Computes the inputs of the output layer, in training mode.

        Args:
            ids: int32 tensor of shape `(batch, length)`; no latent code.

        Returns:
            Tensor of shape `(batch, length, embedding_dim)`, whose products
            with the word vectors are the logits.
        """
        x = self.drop_in(self.embedding(ids), training=True)
        if not self.fast_lstm:
            x = self.lstm(x, training=True)
            return self.projection(self.drop_out(x, training=True))
        cell = self.lstm.cell
        weights = [
            tf.cast(weight, self.compute_dtype)
            for weight in (cell.kernel, cell.recurrent_kernel, cell.bias)
        ]
        x = self.drop_out(lstm_states(x, *weights), training=True)
        return self.projection(x)

    @property
    def output_vectors(self) -> Any:
        """Vectors of the output layer, `(vocabulary_size, embedding_dim)`."""
        if self.tie_weights:
            return self.embedding.embeddings
        return keras.ops.transpose(self.embedding.reverse_embeddings)

    def initial_state(self, batch_size: Any, code: Any = None) -> State:
        """Returns the state before the first word.

        Args:
            batch_size: Number of texts.
            code: Latent codes of shape `(batch_size, latent_dim)`; drawn
                uniformly from -1..1 if not given (Zhang et al. 2017).
        """
        state = self.lstm.cell.get_initial_state(batch_size)
        if not self.latent_dim:
            return state
        if code is None:
            shape = (batch_size, self.latent_dim)
            code = keras.random.uniform(shape, -1.0, 1.0)
        return [self.start(code), state[1], code]

    def step(self, vectors: Any, state: State) -> tuple[Any, State]:
        """Runs one time step.

        Args:
            vectors: Tensor of shape `(batch, embedding_dim)`.
            state: State from `initial_state` or the previous step.

        Returns:
            Logits of shape `(batch, vocabulary_size)` and the new state.
        """
        code = state[2:]
        x = keras.ops.concatenate([vectors, *code], axis=-1)
        hidden, state = self.lstm.cell(x, state[:2])
        logits = self.embedding(self.projection(hidden), reverse=True)
        return keras.ops.cast(logits, "float32"), [*state, *code]

    def plain_graph(self) -> keras.Model:
        """Builds the same network from layers that every Keras has.

        Returns:
            Functional model with its own weights. It holds the embedding
            matrix twice and computes the same up to rounding.
        """
        names = ["embedding", "lstm", "projection"]
        if self.latent_dim:
            names.append("start")
        weights = {name: getattr(self, name).get_weights() for name in names}
        return untied_graph(weights, self.dropout, self.name_in_files)

    def get_config(self) -> dict[str, Any]:
        return {
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "dropout": self.dropout,
            "latent_dim": self.latent_dim,
            "tie_weights": self.tie_weights,
            "name": self.name,
        }


def _repeat_code(code: Any, ids: Any, vocabulary_size: int) -> Any:
    """Repeats a code at every word, with layers that any Keras can load."""
    ones = keras.layers.Embedding(
        vocabulary_size,
        1,
        embeddings_initializer="ones",
        trainable=False,
        name="ones",
    )(ids)
    row = keras.layers.Reshape((1, code.shape[-1]), name="row")(code)
    return keras.layers.Multiply(name="code_repeat_code")([ones, row])
