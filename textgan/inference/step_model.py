"""A generator of one step, for programs without Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from gancore.export.formats import Run, Shapes
from textgan.data.vocabulary import START
from textgan.models.generator import Generator

# Texts of the check, and their lengths in tokens.
_TEXTS, _LENGTH = 3, 8


def step_model(generator: Generator) -> tuple[keras.Model, Shapes]:
    """Builds a network of one step, states in and states out.

    Both states are zeros before the first token, which is `START`. A latent
    code, if the generator takes one, is an input of every step; where the
    token is `START`, it sets the hidden state.

    Args:
        generator: Any `Generator`.

    Returns:
        A network from `word`, `hidden`, `cell` and, with a latent code,
        `code` to `logits`, `next_hidden` and `next_cell`; and the axes of all
        of them.
    """
    word = keras.Input((), dtype="int32", name="word")
    hidden = keras.Input((generator.units,), name="hidden")
    cell = keras.Input((generator.units,), name="cell")
    inputs, state = {"word": word, "hidden": hidden, "cell": cell}, []
    if generator.latent_dim:
        code = keras.Input((generator.latent_dim,), name="code")
        inputs["code"] = code
        starts = keras.ops.expand_dims(keras.ops.equal(word, START), -1)
        hidden = keras.ops.where(starts, generator.start(code), hidden)
        cell = keras.ops.where(starts, 0.0, cell)
        state = [code]
    vectors = generator.embedding(word)
    logits, (hidden, cell, *_) = generator.step(vectors, [hidden, cell, *state])
    outputs = {"logits": logits, "next_hidden": hidden, "next_cell": cell}
    shapes: Shapes = {
        name: ["batch", *tensor.shape[1:]]
        for name, tensor in (inputs | outputs).items()
    }
    return keras.Model(inputs, outputs, name="one_step"), shapes


def max_difference(run: Run, generator: Generator) -> float:
    """Compares a network of one step with the generator on whole texts.

    Args:
        run: Runs the network of one step, in any runtime.
        generator: The generator it was built from.

    Returns:
        The maximum absolute difference of the logits; NaN if any is NaN.
    """
    random = np.random.default_rng(0)
    # With a latent code `START` resets the state, so only column 0 has it.
    ids = random.integers(
        START + 1, generator.vocabulary_size, (_TEXTS, _LENGTH), "int32"
    )
    ids[:, 0] = START
    states = np.zeros((2, _TEXTS, generator.units), "float32")
    inputs: Any = ids
    fixed = {}
    if generator.latent_dim:
        width = (_TEXTS, generator.latent_dim)
        code = random.uniform(-1.0, 1.0, width).astype("float32")
        inputs = [ids, code]
        fixed["code"] = code
    expected = np.array(generator(inputs, training=False))
    largest = 0.0
    for i in range(_LENGTH):
        outputs = run(
            {"word": ids[:, i], "hidden": states[0], "cell": states[1], **fixed}
        )
        error = np.abs(outputs["logits"] - expected[:, i]).max()
        largest = np.maximum(largest, error)  # Keeps NaN, unlike `max`.
        states = np.stack([outputs["next_hidden"], outputs["next_cell"]])
    return float(largest)
