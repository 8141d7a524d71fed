"""A generator that reads one word: what programs without Keras step through."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from gancore.export.formats import Run, Shapes
from textgan.data.vocabulary import START
from textgan.models.generator import Generator

# Texts of the trial, and their words.
_TEXTS, _WORDS = 3, 8


def step_model(generator: Generator) -> tuple[keras.Model, Shapes]:
    """Makes a network of one step, states in and states out.

    Both states are zeros before the first word, which is `START`. A latent
    code, if the generator takes one, is given with every word; where the word
    is `START`, the hidden state begins as the code has it.

    Args:
        generator: Any `Generator`.

    Returns:
        A network from `word`, `hidden`, `cell` and perhaps `code` to `logits`,
        `next_hidden` and `next_cell`, and the axes of all these.
    """
    word = keras.Input((), dtype="int32", name="word")
    hidden = keras.Input((generator.units,), name="hidden")
    cell = keras.Input((generator.units,), name="cell")
    inputs, state = {"word": word, "hidden": hidden, "cell": cell}, []
    if generator.latent_dim:
        code = keras.Input((generator.latent_dim,), name="code")
        inputs["code"] = code
        begins = keras.ops.expand_dims(keras.ops.equal(word, START), -1)
        hidden = keras.ops.where(begins, generator.start(code), hidden)
        cell = keras.ops.where(begins, 0.0, cell)
        state = [code]
    vectors = generator.embedding(word)
    logits, (hidden, cell, *_) = generator.step(vectors, [hidden, cell, *state])
    outputs = {"logits": logits, "next_hidden": hidden, "next_cell": cell}
    shapes: Shapes = {
        name: ["batch", *tensor.shape[1:]]
        for name, tensor in (inputs | outputs).items()
    }
    return keras.Model(inputs, outputs, name="one_step"), shapes


def difference(run: Run, generator: Generator) -> float:
    """Steps through texts beside a generator that reads them whole.

    Args:
        run: The network of one step, wherever it runs.
        generator: The whole one.

    Returns:
        The largest difference of a logit.
    """
    random = np.random.default_rng(0)
    # With a latent code `START` begins anew, so it stands nowhere else.
    size, words = (_TEXTS, _WORDS), generator.vocabulary_size
    ids = random.integers(START + 1, words, size, "int32")
    ids[:, 0] = START
    states = np.zeros((2, _TEXTS, generator.units), "float32")
    whole: Any = ids
    fixed = {}
    if generator.latent_dim:
        width = (_TEXTS, generator.latent_dim)
        code = random.uniform(-1.0, 1.0, width).astype("float32")
        whole = [ids, code]
        fixed["code"] = code
    expected = np.array(generator(whole, training=False))
    largest = 0.0
    for i in range(_WORDS):
        found = run(
            {"word": ids[:, i], "hidden": states[0], "cell": states[1], **fixed}
        )
        off = np.abs(found["logits"] - expected[:, i]).max()
        # NaN stays; `max` would lose it.
        largest = np.maximum(largest, off)
        states = np.stack([found["next_hidden"], found["next_cell"]])
    return float(largest)
