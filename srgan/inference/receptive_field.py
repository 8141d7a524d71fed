"""Computes the receptive field of a network, by which its tiles must overlap.

Distances are in low-resolution pixels, as fractions, since a pixel of a layer
at twice the resolution is half of one. Where the radius depends on the pixel,
the largest is taken.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import keras

layers = keras.layers

# Layers that compute each pixel from the same pixel of their inputs.
_POINTWISE = (
    layers.Activation, layers.ReLU, layers.LeakyReLU, layers.ELU,
    layers.Rescaling, layers.Identity, layers.InputLayer,
    layers.Add, layers.Subtract, layers.Multiply, layers.Average,
    layers.Maximum, layers.Minimum, layers.Concatenate,
    layers.Dropout, layers.SpatialDropout2D, layers.GaussianNoise,
    layers.GaussianDropout, layers.Dense,
)  # fmt: skip
_CONVOLUTIONS = (
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
)
_POOLS = (layers.MaxPooling2D, layers.AveragePooling2D)


class UnboundedReceptiveField(Exception):
    """A layer may depend on the whole image; the message names it."""


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """Receptive field of an SR model, in low-resolution pixels.

    Attributes:
        radius: Largest distance of an input pixel that an output pixel
            depends on.
        alignment: Tiles and the image itself must begin and end at multiples
            of this; more than 1 for a network that downsamples inside.
    """

    radius: int
    alignment: int


@dataclasses.dataclass(frozen=True)
class _Field:
    """Receptive field of a tensor along one axis.

    Attributes:
        radius: As in `ReceptiveField`.
        ratio: Pixels of the tensor per low-resolution pixel.
        alignment: As in `ReceptiveField`.
    """

    radius: Fraction = Fraction(0)
    ratio: Fraction = Fraction(1)
    alignment: int = 1


def receptive_field(model: keras.Model) -> ReceptiveField:
    """Computes the receptive field of an SR model from its graph.

    Args:
        model: Functional or Sequential SR model, channels last.

    Returns:
        The field of the longest path, an upper bound.

    Raises:
        UnboundedReceptiveField: If a layer depends on the whole image or is
            unknown.
    """
    rows, columns = (_walk(model, _Field(), axis) for axis in (0, 1))
    return ReceptiveField(
        math.ceil(max(rows.radius, columns.radius)),
        math.lcm(rows.alignment, columns.alignment),
    )


def _walk(model: Any, start: _Field, axis: int) -> _Field:
    if isinstance(model, keras.Sequential):
        model = model._functional
    nodes = getattr(model, "_nodes_by_depth", None)
    if nodes is None:
        raise UnboundedReceptiveField(
            f"{model.name!r} is not a graph of layers"
        )
    fields = {id(tensor): start for tensor in model.inputs}
    for depth in sorted(nodes, reverse=True):
        for node in nodes[depth]:
            if node.is_input:
                continue
            layer = node.operation
            source = _merge(layer, [fields[id(t)] for t in node.input_tensors])
            result = _apply_layer(layer, source, axis)
            fields.update((id(t), result) for t in node.output_tensors)
    return _merge(model, [fields[id(tensor)] for tensor in model.outputs])


def _merge(layer: Any, sources: list[_Field]) -> _Field:
    if len({source.ratio for source in sources}) != 1:
        raise UnboundedReceptiveField(
            f"layer {layer.name!r} joins different resolutions"
        )
    return _Field(
        max(source.radius for source in sources),
        sources[0].ratio,
        math.lcm(*(source.alignment for source in sources)),
    )


def _apply_layer(layer: Any, field: _Field, axis: int) -> _Field:
    """Computes the field of a layer's output from that of its input."""
    if isinstance(layer, keras.Model):
        return _walk(layer, field, axis)
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise UnboundedReceptiveField(
            f"layer {layer.name!r} has its channels first"
        )
    for kinds, rule in _RULES:
        if isinstance(layer, kinds):
            return rule(layer, field, axis)
    if is_pointwise(layer):
        return field
    raise UnboundedReceptiveField(
        f"layer {layer.name!r} ({type(layer).__name__}) may depend on the "
        "whole image"
    )


def is_pointwise(layer: Any) -> bool:
    """Checks whether each pixel of the output depends on one of the input."""
    return isinstance(layer, _POINTWISE) or _has_pointwise_axes(layer)


def _has_pointwise_axes(layer: Any) -> bool:
    """Checks layers that are pointwise depending on their axes."""
    if isinstance(layer, layers.PReLU):
        return {1, 2} <= set(layer.shared_axes or ())
    if isinstance(
        layer, (layers.BatchNormalization, layers.LayerNormalization)
    ):
        return set(keras.tree.flatten(layer.axis)) <= {-1, 3}
    return False


def _window(field: _Field, span: int, stride: int, padding: str) -> _Field:
    """Applies a window whose last tap is `span` pixels after its first."""
    before = max(span + 1 - stride, 0) // 2 if padding == "same" else 0
    ratio = field.ratio / stride
    return _Field(
        field.radius + max(before, span - before) / field.ratio,
        ratio,
        math.lcm(field.alignment, ratio.denominator),
    )


def _convolution(layer: Any, field: _Field, axis: int) -> _Field:
    span = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis]
    return _window(field, span, layer.strides[axis], layer.padding)


def _pool(layer: Any, field: _Field, axis: int) -> _Field:
    span = layer.pool_size[axis] - 1
    return _window(field, span, layer.strides[axis], layer.padding)


def _transposed_convolution(layer: Any, field: _Field, axis: int) -> _Field:
    stride = layer.strides[axis]
    span = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis]
    before = max(span + 1 - stride, 0) // 2 if layer.padding == "same" else 0
    ratio = field.ratio * stride
    radius = field.radius + max(before, span - before) / ratio
    return dataclasses.replace(field, radius=radius, ratio=ratio)


def _upsampling(layer: Any, field: _Field, axis: int) -> _Field:
    # The widest kernel on offer, Lanczos' of radius 5, and half a pixel.
    pixels = 1 if layer.interpolation == "nearest" else 6
    return dataclasses.replace(
        field,
        radius=field.radius + pixels / field.ratio,
        ratio=field.ratio * layer.size[axis],
    )


def _padding(layer: Any, field: _Field, axis: int) -> _Field:
    return dataclasses.replace(
        field, radius=field.radius + max(layer.padding[axis]) / field.ratio
    )


def _cropping(layer: Any, field: _Field, axis: int) -> _Field:
    return dataclasses.replace(
        field, radius=field.radius + max(layer.cropping[axis]) / field.ratio
    )


_RULES: tuple[tuple[Any, Callable[[Any, _Field, int], _Field]], ...] = (
    (layers.Conv2DTranspose, _transposed_convolution),
    (_CONVOLUTIONS, _convolution),
    (_POOLS, _pool),
    (layers.UpSampling2D, _upsampling),
    (layers.ZeroPadding2D, _padding),
    (layers.Cropping2D, _cropping),
)
