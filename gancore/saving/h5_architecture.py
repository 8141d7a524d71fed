"""The architecture of a network in the form that every Keras reads.

Keras 3 writes whatever arguments its layers have in that version, and older
versions refuse those they do not know. This form is the one of Keras 2, which
Keras 3 still reads: nodes are lists, and a layer has only those arguments that
are not the default of all versions. Initializers are left out, since weights
follow.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import keras

Config = dict[str, Any]

# Arguments that say nothing about a trained network, or that some versions
# do not know and that are at their default here.
_LEFT_OUT = frozenset(
    """
    trainable dtype seed sparse ragged optional synchronized renorm
    renorm_clipping renorm_momentum quantization_config lora_rank lora_alpha
    rms_scaling
    """.split()
)
_CHANGED = frozenset("quantization_config lora_rank rms_scaling".split())
# Always written: the default of the one can be set globally, and the other is
# looked up by `Rescaling` in newer versions.
_WRITTEN = frozenset({"data_format", "offset"})
# Keras 2 does not find `SpectralNormalization` without its module, and newer
# versions find no layer inside another one without it.
_MODULE = {"module": "keras.layers", "registered_name": None}
# What the layers decide by themselves whenever they are called.
_AT_CALLS = frozenset({"training", "mask"})


class NotPortable(ValueError):
    """The network has something that older versions cannot express."""


def portable_config(network: keras.Model) -> Config:
    """Returns the architecture of a network for all Keras from 2.15 on.

    Args:
        network: Functional model of built-in layers.

    Returns:
        What `model_config` of an `.h5` holds, before it becomes JSON.

    Raises:
        NotPortable: If the network has layers, arguments or calls that this
            form lacks, such as nested models.
    """
    # Tuples become lists, as they would in the file.
    config = json.loads(json.dumps(network.get_config()))
    return {
        "class_name": "Functional",
        "config": {
            "name": config["name"],
            "trainable": True,
            "layers": [_node_of_graph(layer) for layer in config["layers"]],
            "input_layers": _ends(config["input_layers"]),
            "output_layers": _ends(config["output_layers"]),
        },
    }


def _node_of_graph(layer: Config) -> Config:
    return {
        **_layer(layer),
        "name": layer["name"],
        "inbound_nodes": [
            _call(layer["name"], call) for call in layer["inbound_nodes"]
        ],
    }


def _layer(layer: Config) -> Config:
    """Converts a layer, and one inside it."""
    kind, config = layer["class_name"], layer["config"]
    made = getattr(keras.layers, kind, None)
    if made is None or layer["module"] != "keras.layers":
        raise NotPortable(f"{kind} is no layer of Keras")
    kept = {"name": config["name"], "dtype": _dtype(config["dtype"])}
    if kind == "InputLayer":
        kept["batch_input_shape"] = config["batch_shape"]
        return {"class_name": kind, "config": kept}
    if kind == "LeakyReLU":
        # Its argument has another name in Keras 2; this layer is the same.
        kind, made = "ReLU", keras.layers.ReLU
    if config.get("trainable") is False:
        kept["trainable"] = False
    kept.update(_arguments(kind, made, config))
    module = _MODULE if "layer" in kept else {}
    return {"class_name": kind, "config": kept, **module}


def _dtype(policy: Any) -> str:
    """Returns the name of a dtype policy."""
    name = policy if isinstance(policy, str) else policy["config"].get("name")
    if not isinstance(name, str):
        raise NotPortable("it computes in a type without a name")
    return name


def _arguments(
    kind: str, made: type, config: Config
) -> Iterator[tuple[str, Any]]:
    """Yields the arguments of a layer that are not its defaults."""
    parameters = inspect.signature(made).parameters
    for name, value in config.items():
        if name in _CHANGED and value:
            raise NotPortable(f"{kind} has the argument {name}")
        if name in _LEFT_OUT | {"name"} or name.endswith("_initializer"):
            continue
        if name == "layer" and isinstance(value, dict):
            yield name, _layer(value) | _MODULE
        elif isinstance(value, dict):
            raise NotPortable(f"{kind} has an object as {name}")
        elif name in _WRITTEN or not _is_default(name, value, parameters):
            yield name, value


def _is_default(name: str, value: Any, parameters: Any) -> bool:
    # Layers resolve these after they are made.
    if value is None or (name.endswith("activation") and value == "linear"):
        return True
    if name not in parameters:
        return False
    default = parameters[name].default
    if isinstance(default, tuple):
        default = list(default)
    # A size may be given once for all axes.
    sizes = value if isinstance(value, list) else [value]
    return bool(value == default or sizes == [default] * len(sizes))


def _call(name: str, call: Config) -> list[Any]:
    """Converts one call of a layer to the tensors that it takes."""
    if any(v for k, v in call["kwargs"].items() if k not in _AT_CALLS):
        raise NotPortable(f"the layer {name} is called with keywords")
    if len(call["args"]) != 1:
        raise NotPortable(f"the layer {name} is called with several arguments")
    tensors = call["args"][0]
    if isinstance(tensors, dict):
        tensors = [tensors]
    return [_history(name, tensor) for tensor in tensors]


def _history(name: str, tensor: Any) -> list[Any]:
    if (
        not isinstance(tensor, dict)
        or tensor.get("class_name") != "__keras_tensor__"
    ):
        raise NotPortable(f"the layer {name} is called with a constant")
    return [*tensor["config"]["keras_history"], {}]


def _ends(tensors: Any) -> list[Any]:
    """Converts the inputs or outputs of a graph to a list of them.

    A list of one is read by all versions; a single one, as Keras writes it
    today, is not by 3.0 to 3.3.
    """
    if isinstance(tensors, list) and isinstance(tensors[0], str):
        return [tensors]
    if isinstance(tensors, list) and all(
        isinstance(t, list) and isinstance(t[0], str) for t in tensors
    ):
        return tensors
    raise NotPortable("its inputs or outputs are no list")
