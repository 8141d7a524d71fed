"""The generator as every Keras can load it: no layer shares its weights.

`ReversibleEmbedding` came with Keras 3.12, and an initial state of an LSTM is
written in another way by Keras 2 and 3. So the file holds the word matrix
twice, as `Embedding` and as the kernel of a `Dense`; and the first hidden
state, which enters an LSTM only through its recurrent kernel, comes with the
inputs of the first step, through a copy of that kernel.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

_WEIGHTLESS = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}


def untied_graph(
    weights: dict[str, list[np.ndarray]], dropout: float, name: str
) -> keras.Model:
    """Builds the graph that is saved.

    Args:
        weights: Of the generator, by the names of its layers: `embedding`,
            `lstm`, `projection` and, with a latent code, `start`.
        dropout: Rate before and after the LSTM.
        name: Of the model.

    Returns:
        Functional model that computes the same up to rounding.
    """
    (words,) = weights["embedding"]
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
                _at_words(ones, code, "code_at_every_word"),
                _at_words(first, hidden, "start_at_first_word"),
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
        "logits": [words.T],
    }
    if latent_dim:
        saved["lstm"][0] = np.concatenate([kernel, recurrent])
        saved["start"] = weights["start"]
        saved["ones"] = [np.ones((vocabulary_size, 1))]
        # The word before each is subtracted; before the first there is none.
        saved["first_word"] = [np.array([-1.0, 1.0]).reshape(2, 1, 1)]
    for layer, values in saved.items():
        graph.get_layer(layer).set_weights(values)
    return graph


def tied_weights(network: keras.Model) -> dict[str, list[np.ndarray]]:
    """Reads the generator's weights from a graph of `untied_graph`.

    Args:
        network: What an `.h5` holds.

    Returns:
        Weights by the names of the layers they belong to.

    Raises:
        ValueError: If a layer is missing, or two copies of the same weights
            differ.
    """
    weights = {
        name: network.get_layer(name).get_weights()
        for name in ("embedding", "lstm", "projection", "logits")
    }
    (words,) = weights["embedding"]
    if not np.array_equal(weights.pop("logits"), [words.T]):
        raise ValueError("its output layer is not its embedding, transposed")
    if network.inputs[1:]:
        weights["start"] = network.get_layer("start").get_weights()
        kernel, recurrent, bias = weights["lstm"]
        kernel, copy = np.split(kernel, [len(kernel) - len(recurrent)])
        if not np.array_equal(copy, recurrent):
            raise ValueError("its LSTM reads the first state in another way")
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


def _at_words(where: Any, row: Any, name: str) -> Any:
    """Repeats a row along a text, where there is a 1."""
    row = keras.layers.Reshape((1, row.shape[-1]), name=f"{name}_row")(row)
    return keras.layers.Multiply(name=name)([where, row])
