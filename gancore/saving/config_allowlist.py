"""Checks what the `model_config` of an `.h5` may name.

Keras builds whatever a config names, with the arguments given there, and a few
of its own classes run code or read files. So only classes on an allowlist are
built, all of which only compute.
"""

from __future__ import annotations

from typing import Any

from gancore.io.strict_json import parse
from gancore.saving.graph_check import check_graph

MAX_BYTES = 2**22
# Twice those of the largest model of Keras Applications.
_MAX_LAYERS = 2048
_MAX_TENSORS = 2**14
_MAX_DEPTH = 100
# Sizes, axes and the like; only seeds and names of objects may be larger.
_MAX_INTEGER = 2**31 - 1
_LARGE_INTEGERS = frozenset({"seed", "shared_object_id"})

_LAYERS = frozenset(
    """
    Functional Model Sequential InputLayer Identity
    Dense Embedding ReversibleEmbedding
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose
    DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
    MaxPooling1D MaxPooling2D MaxPooling3D
    AveragePooling1D AveragePooling2D AveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    UpSampling1D UpSampling2D UpSampling3D Cropping1D Cropping2D Cropping3D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D
    Reshape Flatten Permute RepeatVector Resizing Rescaling
    Add Average Concatenate Dot Maximum Minimum Multiply Subtract
    Activation ReLU LeakyReLU PReLU ELU Softmax
    BatchNormalization GroupNormalization LayerNormalization Normalization
    RMSNormalization UnitNormalization SpectralNormalization
    Dropout AlphaDropout GaussianDropout GaussianNoise
    SpatialDropout1D SpatialDropout2D SpatialDropout3D
    RNN LSTM GRU SimpleRNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells
    Bidirectional MultiHeadAttention
    """.split()
)
# Models, by the modules that Keras writes into an archive.
_MODELS = {
    "Functional": "keras.src.models.functional",
    "Model": "keras",
    "Sequential": "keras",
}
# Objects that layers take as arguments, by the module that Keras writes. A
# layer may be written without a module, and so may anything of Keras 2.
_ARGUMENTS = {
    "keras.initializers": """
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity
        LecunNormal LecunUniform Ones Orthogonal RandomNormal RandomUniform
        TruncatedNormal VarianceScaling Zeros
    """.split(),
    "keras.regularizers": "L1 L1L2 L2 OrthogonalRegularizer".split(),
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm".split(),
    "keras": ["DTypePolicy"],
    "keras.random": ["SeedGenerator"],
}
# How Keras serializes a tensor of the graph and a tuple.
_SERIALIZED = frozenset({"__keras_tensor__", "__tuple__"})
_CLASSES = _LAYERS.union(_SERIALIZED, *_ARGUMENTS.values())

_ACTIVATIONS = frozenset(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish
    hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu
    sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold
    """.split()
)
_DTYPES = frozenset(
    """
    float16 bfloat16 float32 float64 mixed_float16 mixed_bfloat16
    bool int8 int16 int32 int64 uint8 uint16 uint32
    """.split()
)
# Arguments that no saved network needs. They create weights that the file does
# not hold, unroll a loop as long as the file says, or configure training.
_DISALLOWED_ARGUMENTS = frozenset(
    """
    compile_config lora_rank quantization_config stateful unroll vocabulary
    weights
    """.split()
)


class UnsafeConfigError(ValueError):
    """A config names something that is not built."""


def check_model_config(text: str) -> None:
    """Checks every object that Keras would build.

    Args:
        text: JSON of a model, as Keras writes it into an `.h5`.

    Raises:
        UnsafeConfigError: At the first object that is not on the allowlist, or
            if the text is not JSON, is too long or too deep, has too many
            layers, or a node of its graph refers to nothing.
    """
    if len(text) > MAX_BYTES:
        raise UnsafeConfigError("its config is longer than that of any network")
    layers = tensors = 0
    config = _parse(text)
    stack: list[tuple[Any, str, int]] = [(config, "", 0)]
    while stack:
        value, key, depth = stack.pop()
        if depth > _MAX_DEPTH:
            raise UnsafeConfigError(
                f"its config is nested more than {_MAX_DEPTH} deep"
            )
        if isinstance(value, dict):
            name = _check_object(value)
            layers += name in _LAYERS
            tensors += name == "__keras_tensor__"
            stack += [(v, k, depth + 1) for k, v in value.items()]
        elif isinstance(value, list):
            stack += [(v, key, depth + 1) for v in value]
        else:
            _check_value(value, key)
        if layers > _MAX_LAYERS or tensors > _MAX_TENSORS:
            raise UnsafeConfigError(f"it has more than {_MAX_LAYERS} layers")
    try:
        check_graph(config)
    except ValueError as error:
        raise UnsafeConfigError(str(error)) from error


def _parse(text: str) -> dict[str, Any]:
    try:
        found = parse(text)
    except ValueError as error:
        raise UnsafeConfigError(f"its config is not JSON: {error}") from error
    if not isinstance(found, dict) or found.get("class_name") not in [*_MODELS]:
        raise UnsafeConfigError("its config is not that of a model")
    return found


def _check_object(found: dict[str, Any]) -> str:
    """Checks an object; returns the class that Keras builds of it, if any."""
    for key in _DISALLOWED_ARGUMENTS & found.keys():
        if found[key]:
            raise UnsafeConfigError(f"it sets {key}")
    if "class_name" not in found:
        return ""
    name, module = found["class_name"], found.get("module")
    if not isinstance(name, str) or name not in _CLASSES:
        raise UnsafeConfigError(f"it has a {name!r}, which is not allowed")
    registered = found.get("registered_name")
    modules = {m for m, names in _ARGUMENTS.items() if name in names}
    if name in _LAYERS:
        modules |= {"keras.layers", _MODELS.get(name, "keras.layers")}
    if module not in (None, *modules) or registered not in (None, name):
        raise UnsafeConfigError(f"its {name} is not the one of Keras")
    return name


def _check_value(value: Any, key: str) -> None:
    if (
        isinstance(value, int)
        and key not in _LARGE_INTEGERS
        and abs(value) > _MAX_INTEGER
    ):
        raise UnsafeConfigError(f"its {key} is too large")
    if isinstance(value, str):
        if key.endswith("activation") and value not in _ACTIVATIONS:
            raise UnsafeConfigError(f"{value!r} is not an activation of Keras")
        if key.endswith("dtype") and value not in _DTYPES:
            raise UnsafeConfigError(f"{value!r} is not an allowed dtype")
