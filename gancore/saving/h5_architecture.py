"""Serializes the architecture of a network so that every Keras reads it.

Keras 3 writes every argument that a layer has in that version, and older
versions refuse those they do not know. This form is the one of Keras 2, which
Keras 3 still reads: nodes are lists, and a layer has only the arguments that
differ from their defaults. Initializers are left out, since the file holds the
weights.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import keras

Config = dict[str, Any]

# Arguments that do not matter to a trained network, or that some versions do
# not know and that have their default value here.
_IGNORED = frozenset(
    """
    trainable dtype seed sparse ragged optional synchronized renorm
    renorm_clipping renorm_momentum quantization_config lora_rank lora_alpha
    rms_scaling
    """.split()
)
_UNSUPPORTED = frozenset("quantization_config lora_rank rms_scaling".split())
# Always written: the default of `data_format` can be set globally, and newer
# versions of `Rescaling` look up `offset`.
_ALWAYS_WRITTEN = frozenset({"data_format", "offset"})
# Keras 2 does not find `SpectralNormalization` without its module, nor do newer
# versions find a layer nested in another one.
_MODULE = {"module": "keras.layers", "registered_name": None}
# Call arguments that layers set themselves.
_CALL_ARGUMENTS = frozenset({"training", "mask"})


class NotPortableError(ValueError):
    """The network has something that older versions cannot represent."""


def portable_config(network: keras.Model) -> Config:
    """Returns the `model_config` of a network for Keras 2.15 and newer.

    Args:
        network: Functional model of built-in layers.

    Returns:
        JSON-serializable `model_config` of an `.h5`.

    Raises:
        NotPortableError: If the network has layers, arguments or calls that
            this form lacks, such as nested models.
    """
    # Tuples become lists, as they would in the file.
    config = json.loads(json.dumps(network.get_config()))
    return {
        "class_name": "Functional",
        "config": {
            "name": config["name"],
            "trainable": True,
            "layers": [_layer_with_nodes(layer) for layer in config["layers"]],
            "input_layers": _ends(config["input_layers"]),
            "output_layers": _ends(config["output_layers"]),
        },
    }


def _layer_with_nodes(layer: Config) -> Config:
    return {
        **_layer(layer),
        "name": layer["name"],
        "inbound_nodes": [
            _call(layer["name"], call) for call in layer["inbound_nodes"]
        ],
    }


def _layer(layer: Config) -> Config:
    """Converts a layer, and one nested in it."""
    kind, config = layer["class_name"], layer["config"]
    layer_class = getattr(keras.layers, kind, None)
    if layer_class is None or layer["module"] != "keras.layers":
        raise NotPortableError(f"{kind} is not a layer of Keras")
    kept = {"name": config["name"], "dtype": _dtype(config["dtype"])}
    if kind == "InputLayer":
        kept["batch_input_shape"] = config["batch_shape"]
        return {"class_name": kind, "config": kept}
    if kind == "LeakyReLU":
        # Its argument has another name in Keras 2; ReLU computes the same.
        kind, layer_class = "ReLU", keras.layers.ReLU
    if config.get("trainable") is False:
        kept["trainable"] = False
    kept.update(_arguments(kind, layer_class, config))
    module = _MODULE if "layer" in kept else {}
    return {"class_name": kind, "config": kept, **module}


def _dtype(policy: Any) -> str:
    """Returns the name of a dtype policy."""
    name = policy if isinstance(policy, str) else policy["config"].get("name")
    if not isinstance(name, str):
        raise NotPortableError("its dtype policy has no name")
    return name


def _arguments(
    kind: str, layer_class: type, config: Config
) -> Iterator[tuple[str, Any]]:
    """Yields the arguments of a layer that differ from their defaults."""
    parameters = inspect.signature(layer_class).parameters
    for name, value in config.items():
        if name in _UNSUPPORTED and value:
            raise NotPortableError(f"{kind} has the argument {name}")
        if name in _IGNORED | {"name"} or name.endswith("_initializer"):
            continue
        if name == "layer" and isinstance(value, dict):
            yield name, _layer(value) | _MODULE
        elif isinstance(value, dict):
            raise NotPortableError(f"{kind} has an object as {name}")
        elif name in _ALWAYS_WRITTEN or not _is_default(
            name, value, parameters
        ):
            yield name, value


def _is_default(name: str, value: Any, parameters: Any) -> bool:
    # Layers resolve these when they are built.
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
    """Converts one call of a layer to the list of its input tensors."""
    if any(v for k, v in call["kwargs"].items() if k not in _CALL_ARGUMENTS):
        raise NotPortableError(f"{name} is called with keyword arguments")
    if len(call["args"]) != 1:
        raise NotPortableError(f"{name} is called with several arguments")
    tensors = call["args"][0]
    if isinstance(tensors, dict):
        tensors = [tensors]
    return [_keras_history(name, tensor) for tensor in tensors]


def _keras_history(name: str, tensor: Any) -> list[Any]:
    if (
        not isinstance(tensor, dict)
        or tensor.get("class_name") != "__keras_tensor__"
    ):
        raise NotPortableError(f"{name} is called with a constant")
    return [*tensor["config"]["keras_history"], {}]


def _ends(tensors: Any) -> list[Any]:
    """Converts the inputs or outputs of a graph to a list of them.

    All versions read a list of one; Keras 3.0 to 3.3 do not read a single
    tensor, as newer versions write it.
    """
    if isinstance(tensors, list) and isinstance(tensors[0], str):
        return [tensors]
    if isinstance(tensors, list) and all(
        isinstance(t, list) and isinstance(t[0], str) for t in tensors
    ):
        return tensors
    raise NotPortableError("its inputs or outputs are not a list")
