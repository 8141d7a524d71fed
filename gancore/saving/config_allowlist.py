"""What the description of a network in an `.h5` may name.

Keras makes whatever a description names, with the settings given there, and a
few of its own classes run code or read files for it. So what is made is on a
list, which holds what only computes.
"""

from __future__ import annotations

from typing import Any

from gancore.io.strict_json import parse
from gancore.saving.graph_check import check_graph

_MOST_BYTES = 2**22
# Twice those of the largest of Keras' applications.
_MOST_LAYERS = 2048
_MOST_TENSORS = 2**14
_DEEPEST = 100
# Sizes, axes and the like; only a seed may be larger.
_LARGEST = 2**31 - 1

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
# What layers are given, by the modules that Keras writes for it. A layer may
# be written without a module, and so may what Keras 2 wrote.
_PARTS = {
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
# Ways of Keras to write a tensor of the graph and a tuple.
_MARKS = frozenset({"__keras_tensor__", "__tuple__"})
_CLASSES = _LAYERS.union(_MARKS, *_PARTS.values())

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
# Settings that no saved network needs. They make more weights than the file
# holds, unfold a loop as long as the file says, or make what is trained with.
_UNUSED = frozenset(
    """
    compile_config lora_rank quantization_config stateful unroll vocabulary
    weights
    """.split()
)


class NotAllowed(ValueError):
    """What a description asks for and does not get."""


def check_description(text: str) -> None:
    """Checks all that Keras would make.

    Args:
        text: JSON of a model, as Keras writes it into an `.h5`.

    Raises:
        NotAllowed: At the first thing that is not on the list, or if it is no
            JSON, too long, too deep, of too many layers, or a node of its
            graph leads nowhere.
    """
    if len(text) > _MOST_BYTES:
        raise NotAllowed("its description is longer than that of any network")
    layers = tensors = 0
    description = _parse(text)
    left: list[tuple[Any, str, int]] = [(description, "", 0)]
    while left:
        value, key, depth = left.pop()
        if depth > _DEEPEST:
            raise NotAllowed(f"its description is nested over {_DEEPEST} deep")
        if isinstance(value, dict):
            name = _check_object(value)
            layers += name in _LAYERS
            tensors += name == "__keras_tensor__"
            left += [(v, k, depth + 1) for k, v in value.items()]
        elif isinstance(value, list):
            left += [(v, key, depth + 1) for v in value]
        else:
            _check_value(value, key)
        if layers > _MOST_LAYERS or tensors > _MOST_TENSORS:
            raise NotAllowed(f"it has more than {_MOST_LAYERS} layers")
    try:
        check_graph(description)
    except ValueError as error:
        raise NotAllowed(str(error)) from error


def _parse(text: str) -> dict[str, Any]:
    try:
        found = parse(text)
    except ValueError as error:
        raise NotAllowed(f"its description is no JSON: {error}") from error
    if not isinstance(found, dict) or found.get("class_name") not in (
        "Functional", "Model", "Sequential",
    ):  # fmt: skip
        raise NotAllowed("its description is not of a network")
    return found


def _check_object(found: dict[str, Any]) -> str:
    """Checks and gives the class of what is made, if anything is."""
    for key in _UNUSED & found.keys():
        if found[key]:
            raise NotAllowed(f"it sets {key}")
    if "class_name" not in found:
        return ""
    name, module = found["class_name"], found.get("module")
    if not isinstance(name, str) or name not in _CLASSES:
        raise NotAllowed(
            f"it has a {name!r}, which is not on the list of what is loaded"
        )
    registered = found.get("registered_name")
    modules = {m for m, names in _PARTS.items() if name in names}
    if name in _LAYERS:
        modules.add("keras.layers")
    if module not in (None, *modules) or registered not in (None, name):
        raise NotAllowed(f"its {name} is not the one of Keras")
    return name


def _check_value(value: Any, key: str) -> None:
    if isinstance(value, int) and key != "seed" and abs(value) > _LARGEST:
        raise NotAllowed(f"its {key} is too large")
    if isinstance(value, str):
        if key.endswith("activation") and value not in _ACTIVATIONS:
            raise NotAllowed(f"{value!r} is no activation of Keras")
        if key.endswith("dtype") and value not in _DTYPES:
            raise NotAllowed(f"{value!r} is no type of numbers")
