"""Whether the nodes of a network described in an `.h5` lead anywhere.

Keras 2 wrote a call of a layer as a list of tensors, each a list of a layer's
name, the number of its call and the number of its output; Keras 3 as nested
objects, which it checks itself.
"""

from __future__ import annotations

from typing import Any

# Eight a layer, for the most layers that are loaded.
_MOST_TENSORS = 2**14


def check_graph(description: Any) -> None:
    """Checks the graphs of a model and of the models inside it.

    Args:
        description: JSON of a model, at most a hundred deep.

    Raises:
        ValueError: If a node is none, or names a layer or a call that is not
            there, or there are more than any network has.
    """
    if isinstance(description, list):
        for value in description:
            check_graph(value)
    if isinstance(description, dict):
        if "input_layers" in description:
            _check_model(description)
        for value in description.values():
            check_graph(value)


def _check_model(model: dict[str, Any]) -> None:
    layers = model.get("layers")
    if not isinstance(layers, list):
        raise ValueError("its layers are no list")
    calls: dict[str, int] = {}
    for layer in layers:
        name = layer.get("name") if isinstance(layer, dict) else None
        nodes = layer.get("inbound_nodes") if name else None
        if not isinstance(name, str) or not isinstance(nodes, list):
            raise ValueError("a layer has no name or no list of nodes")
        if name in calls:
            raise ValueError(f"two of its layers are called {name!r}")
        # A model inside starts out with a node of its own.
        calls[name] = max(1, len(nodes)) + _is_model(layer)
    tensors = 0
    for layer in layers:
        for node in layer["inbound_nodes"]:
            if isinstance(node, list):
                tensors += len(node)
                for tensor in node:
                    _check_tensor(tensor, layer["name"], calls)
    if tensors > _MOST_TENSORS:
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
        raise ValueError(f"its {name} are no list")
    if isinstance(found[0], str):
        found = [found]
    for tensor in found:
        _check_tensor(tensor, name, calls)


def _check_tensor(tensor: Any, taker: str, calls: dict[str, int]) -> None:
    if (
        not isinstance(tensor, list)
        or len(tensor) not in (3, 4)
        or not isinstance(tensor[0], str)
        or any(type(number) is not int or number < 0 for number in tensor[1:3])
        or not isinstance(tensor[-1], dict | int)
    ):
        raise ValueError(f"a node of {taker!r} is no layer, call and output")
    if tensor[1] >= calls.get(tensor[0], 0):
        raise ValueError(
            f"a node of {taker!r} leads to call {tensor[1]} of "
            f"{tensor[0]!r}, which is not there"
        )
