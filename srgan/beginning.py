"""Begins a generator as another one."""

from __future__ import annotations

import keras

from adversarial.messages import UserError, note


def begin_as(generator: keras.Model, other: keras.Model) -> None:
    """Copies the weights of layers that have the same name and shapes.

    A generator can so begin as one of another scale, which shares all but its
    last layers. A note says how many weights were taken.

    Args:
        generator: Changed in place.
        other: Where the weights come from.

    Raises:
        UserError: If no trained layer fits.
    """
    theirs = {layer.name: layer for layer in other.layers}
    taken = total = 0
    for layer in generator.layers:
        if not layer.trainable_weights:
            continue
        total += layer.count_params()
        twin = theirs.get(layer.name)
        if twin is not None and _shapes(twin) == _shapes(layer):
            layer.set_weights(twin.get_weights())
            taken += layer.count_params()
    if not taken:
        raise UserError(
            "the model to begin as has no layer in common with this generator; "
            "try its --blocks, --filters, --compact and --batch_norm"
        )
    note(f"the generator begins with {taken:,} of {total:,} weights trained")


def _shapes(layer: keras.layers.Layer) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]
