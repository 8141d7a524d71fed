"""The generator without tied weights, in a form that every Keras can load.

`ReversibleEmbedding` came with Keras 3.12, and Keras 2 and 3 serialize an
LSTM's initial state differently. So the file holds the embedding matrix twice,
as `Embedding` and as the kernel of a `Dense`; and the initial hidden state,
which enters an LSTM only through its recurrent kernel, is an input of the
first step, through a copy of that kernel.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

_WEIGHTLESS = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}


def untied_graph(
    weights: dict[str, list[np.ndarray]], dropout: float, name: str
) -> keras.Model:
    """Builds the functional graph that is saved.

    Args:
        weights: Layer name -> weights of the generator: `embedding` (and, if
            it is not tied, the output layer's), `lstm`, `projection` and, with
            a latent code, `start`.
        dropout: Dropout rate before and after the LSTM.
        name: Name of the model.

    Returns:
        Functional model that computes the same up to rounding.
    """
    words, *output = weights["embedding"]
    kernel, recurrent, bias = weights["lstm"]
    vocabulary_size, embedding_dim = words.shape
    units = len(recurrent)
    latent_dim = len(kernel) - embedding_dim

    inputs = ids = keras.Input((None,), dtype="int32", name="ids")
    x = _embed(vocabulary_size, embedding_dim, "embedding")(ids)
    x = keras.layers.SpatialDropout1D(dropout, name="dropout_in")(x)
    if latent_dim:
        code = keras.Input((latent_dim,), name="code")
        inputs = [ids, code]
        hidden = _dense(units, "start", activation="tanh")(code)
        ones = _embed(vocabulary_size, 1, "ones", trainable=False)(ids)
        first = keras.layers.Conv1D(
            1,
            2,
            padding="causal",
            use_bias=False,
            kernel_initializer="zeros",
            trainable=False,
            name="first_word",
        )(ones)
        x = keras.layers.Concatenate(name="with_code")(
            [
                x,
                _repeat_where(ones, code, "code_at_every_word"),
                _repeat_where(first, hidden, "start_at_first_word"),
            ]
        )
    x = keras.layers.LSTM(
        units, return_sequences=True, name="lstm", **_WEIGHTLESS
    )(x)
    x = keras.layers.SpatialDropout1D(dropout, name="dropout_out")(x)
    x = _dense(embedding_dim, "projection")(x)
    logits = _dense(vocabulary_size, "logits", use_bias=False)(x)
    graph = keras.Model(inputs, logits, name=name)

    saved = {
        "embedding": [words],
        "lstm": [kernel, recurrent, bias],
        "projection": weights["projection"],
        "logits": output or [words.T],
    }
    if latent_dim:
        saved["lstm"][0] = np.concatenate([kernel, recurrent])
        saved["start"] = weights["start"]
        saved["ones"] = [np.ones((vocabulary_size, 1))]
        # Each word minus the previous one: 1 at the first word, 0 after it.
        saved["first_word"] = [np.array([-1.0, 1.0]).reshape(2, 1, 1)]
    for layer, values in saved.items():
        graph.get_layer(layer).set_weights(values)
    return graph


def tied_weights(network: keras.Model) -> dict[str, list[np.ndarray]]:
    """Reads the generator's weights from a graph of `untied_graph`.

    Args:
        network: Model loaded from an `.h5`.

    Returns:
        Layer name -> weights of the generator; `embedding` has two if the
        output layer is not its transpose, as after fine-tuning.

    Raises:
        ValueError: If a layer is missing, or two copies of the LSTM's weights
            differ.
    """
    weights = {
        name: network.get_layer(name).get_weights()
        for name in ("embedding", "lstm", "projection", "logits")
    }
    (words,), output = weights["embedding"], weights.pop("logits")
    if not np.array_equal(output, [words.T]):
        weights["embedding"] = [words, *output]
    if network.inputs[1:]:
        weights["start"] = network.get_layer("start").get_weights()
        kernel, recurrent, bias = weights["lstm"]
        kernel, copy = np.split(kernel, [len(kernel) - len(recurrent)])
        if not np.array_equal(copy, recurrent):
            raise ValueError("its initial LSTM state has other weights")
        weights["lstm"] = [kernel, recurrent, bias]
    return weights


def _embed(size: int, width: int, name: str, **kwargs: Any) -> Any:
    return keras.layers.Embedding(
        size, width, embeddings_initializer="zeros", name=name, **kwargs
    )


def _dense(units: int, name: str, **kwargs: Any) -> Any:
    return keras.layers.Dense(
        units, kernel_initializer="zeros", name=name, **kwargs
    )


def _repeat_where(where: Any, row: Any, name: str) -> Any:
    """Repeats a row at every word where `where` is 1."""
    row = keras.layers.Reshape((1, row.shape[-1]), name=f"{name}_row")(row)
    return keras.layers.Multiply(name=name)([where, row])
