"""Checks that the nodes of a `model_config` refer to layers that exist.

Keras 2 serializes a call of a layer as a list of tensors, each a list of a
layer's name, the index of its call and the index of its output; Keras 3 as
nested objects, which it checks itself.
"""

from __future__ import annotations

from typing import Any

# Eight per layer, for the most layers that are loaded.
_MAX_TENSORS = 2**14


def check_graph(config: Any) -> None:
    """Checks the graph of a model and of the models nested in it.

    Args:
        config: JSON of a model, at most a hundred deep.

    Raises:
        ValueError: If a node is malformed, or refers to a layer or a call that
            does not exist, or there are more than any network has.
    """
    if isinstance(config, list):
        for value in config:
            check_graph(value)
    if isinstance(config, dict):
        if "input_layers" in config:
            _check_model(config)
        for value in config.values():
            check_graph(value)


def _check_model(model: dict[str, Any]) -> None:
    layers = model.get("layers")
    if not isinstance(layers, list):
        raise ValueError("its layers are not a list")
    calls: dict[str, int] = {}
    for layer in layers:
        name = layer.get("name") if isinstance(layer, dict) else None
        nodes = layer.get("inbound_nodes") if name else None
        if not isinstance(name, str) or not isinstance(nodes, list):
            raise ValueError("a layer has no name or no list of nodes")
        if name in calls:
            raise ValueError(f"two of its layers are called {name!r}")
        # A nested model has a node of its own from the start.
        calls[name] = max(1, len(nodes)) + _is_model(layer)
    tensors = 0
    for layer in layers:
        for node in layer["inbound_nodes"]:
            if isinstance(node, list):
                tensors += len(node)
                for tensor in node:
                    _check_tensor(tensor, layer["name"], calls)
    if tensors > _MAX_TENSORS:
        raise ValueError("its layers are called more often than any network's")
    for ends in ("input_layers", "output_layers"):
        _check_ends(model.get(ends), ends, calls)


def _is_model(layer: dict[str, Any]) -> bool:
    config = layer.get("config")
    return isinstance(config, dict) and "layers" in config


def _check_ends(found: Any, name: str, calls: dict[str, int]) -> None:
    if isinstance(found, dict) and "class_name" not in found:
        found = list(found.values())
    if not isinstance(found, list) or not found:
        raise ValueError(f"its {name} are not a list")
    if isinstance(found[0], str):
        found = [found]
    for tensor in found:
        _check_tensor(tensor, name, calls)


def _check_tensor(tensor: Any, consumer: str, calls: dict[str, int]) -> None:
    if (
        not isinstance(tensor, list)
        or len(tensor) not in (3, 4)
        or not isinstance(tensor[0], str)
        or any(type(index) is not int or index < 0 for index in tensor[1:3])
        or not isinstance(tensor[-1], dict | int)
    ):
        raise ValueError(
            f"a node of {consumer!r} is not a layer, a call and an output"
        )
    if tensor[1] >= calls.get(tensor[0], 0):
        raise ValueError(
            f"a node of {consumer!r} refers to call {tensor[1]} of "
            f"{tensor[0]!r}, which does not exist"
        )
