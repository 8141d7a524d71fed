"""Network interpolation: from faithful to vivid by mixing the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from gancore.errors import UserError

# Settings of a layer that do not change what it computes from its weights.
_IRRELEVANT = ("name", "trainable", "dtype")
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")


def interpolate(a: keras.Model, b: keras.Model, alpha: float) -> keras.Model:
    """Mixes two networks of one architecture, weight by weight.

    Between a network trained for pixels and one fine-tuned from it with a
    discriminator, this goes smoothly from smooth to detailed, without the artefacts
    of mixing their images.

    Args:
        a: Functional model, what `alpha=0` gives.
        b: Functional model, what `alpha=1` gives.
        alpha: Share of `b`, in [0, 1].

    Returns:
        New model with the weights `(1 - alpha) * a + alpha * b`.

    Raises:
        UserError: If the architectures differ; names the first difference.

    Reference:
        - [Wang et al. 2018](https://arxiv.org/abs/1809.00219) (ESRGAN),
          section 3.4
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}, not in [0, 1]")
    check_same_architecture(a, b)
    mixed = keras.models.clone_model(a)
    # In double precision what is equal in both stays so to the last bit.
    mixed.set_weights(
        [
            (1 - alpha) * x.astype(np.float64) + alpha * y.astype(np.float64)
            for x, y in zip(a.get_weights(), b.get_weights(), strict=True)
        ]
    )
    return mixed


def check_same_architecture(a: keras.Model, b: keras.Model) -> None:
    """Compares two networks layer by layer; names do not count.

    Raises:
        UserError: That names the first difference.
    """
    layers, others = _describe(a), _describe(b)
    for (name, facts), (_, other) in zip(layers, others, strict=False):
        for key in [*facts, *(other.keys() - facts)]:
            if facts.get(key) != other.get(key):
                raise UserError(
                    f"the networks cannot be mixed: at layer {name!r} of the "
                    f"first, {key} is {facts.get(key)}, in the second "
                    f"{other.get(key)}"
                )
    if len(layers) != len(others):
        raise UserError(
            f"the networks cannot be mixed: the first has {len(layers)} "
            f"layers, the second {len(others)}"
        )


def _describe(model: keras.Model) -> list[tuple[str, dict[str, Any]]]:
    """Gives each layer's name and all that decides what it computes."""
    # The graph of a subclass, such as the generator, is in no config of its.
    config = keras.Model(model.inputs, model.outputs).get_config()
    places = {layer["name"]: i for i, layer in enumerate(config["layers"])}
    described = []
    for layer in config["layers"]:
        facts = {
            key: value
            for key, value in layer["config"].items()
            if key not in _IRRELEVANT and not key.endswith(_OF_TRAINING)
        }
        sources = [places[name] for name in _sources(layer["inbound_nodes"])]
        facts = {"kind": layer["class_name"], **facts, "sources": sources}
        described.append((layer["name"], facts))
    return described


def _sources(node: Any) -> Iterator[str]:
    """Finds the names of the layers that a layer's call reads."""
    if isinstance(node, dict) and "keras_history" in node:
        yield node["keras_history"][0]
    elif isinstance(node, dict | list | tuple):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _sources(part)
