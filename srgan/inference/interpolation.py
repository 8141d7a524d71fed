"""Network interpolation: a weighted mean of the weights of two networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from gancore.errors import UserError

# Fields of a layer's config that do not affect its output.
_IGNORED_FIELDS = ("name", "trainable", "dtype")
_TRAINING_SUFFIXES = ("_initializer", "_regularizer", "_constraint")


def interpolate(a: keras.Model, b: keras.Model, alpha: float) -> keras.Model:
    """Interpolates the weights of two networks of the same architecture.

    Between a network pre-trained with a pixel loss and one fine-tuned from it
    against a discriminator, this trades distortion for detail continuously,
    with fewer artifacts than interpolating their images.

    Args:
        a: Functional model, the result for `alpha=0`.
        b: Functional model, the result for `alpha=1`.
        alpha: Weight of `b`, in [0, 1].

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
    model = keras.models.clone_model(a)
    # In double precision, weights equal in both stay bit-identical.
    model.set_weights(
        [
            (1 - alpha) * x.astype(np.float64) + alpha * y.astype(np.float64)
            for x, y in zip(a.get_weights(), b.get_weights(), strict=True)
        ]
    )
    return model


def check_same_architecture(a: keras.Model, b: keras.Model) -> None:
    """Compares two networks layer by layer, ignoring names.

    Raises:
        UserError: If they differ; names the first difference.
    """
    layers, others = _layer_facts(a), _layer_facts(b)
    for (name, facts), (_, other) in zip(layers, others, strict=False):
        for key in [*facts, *(other.keys() - facts)]:
            if facts.get(key) != other.get(key):
                raise UserError(
                    f"the networks cannot be interpolated: at layer {name!r} "
                    f"of the first, {key} is {facts.get(key)}, in the second "
                    f"{other.get(key)}"
                )
    if len(layers) != len(others):
        raise UserError(
            f"the networks cannot be interpolated: the first has {len(layers)} "
            f"layers, the second {len(others)}"
        )


def _layer_facts(model: keras.Model) -> list[tuple[str, dict[str, Any]]]:
    """Returns each layer's name and everything that determines its output."""
    # The config of a subclass, such as the generator, lacks the graph.
    config = keras.Model(model.inputs, model.outputs).get_config()
    positions = {layer["name"]: i for i, layer in enumerate(config["layers"])}
    layer_facts = []
    for layer in config["layers"]:
        facts = {
            key: value
            for key, value in layer["config"].items()
            if key not in _IGNORED_FIELDS
            and not key.endswith(_TRAINING_SUFFIXES)
        }
        sources = [positions[name] for name in _sources(layer["inbound_nodes"])]
        facts = {"kind": layer["class_name"], **facts, "sources": sources}
        layer_facts.append((layer["name"], facts))
    return layer_facts


def _sources(node: Any) -> Iterator[str]:
    """Yields the names of the layers whose outputs a layer is called on."""
    if isinstance(node, dict) and "keras_history" in node:
        yield node["keras_history"][0]
    elif isinstance(node, dict | list | tuple):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _sources(part)
