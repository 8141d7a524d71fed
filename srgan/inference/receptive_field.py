"""How far a network looks, read off its graph; tiles must overlap by that.

Distances are in low-resolution pixels, as fractions, since a pixel of a layer
at twice the resolution is half of one. Where a layer's reach depends on the
pixel, the largest is taken.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import keras

layers = keras.layers

# Layers that make each pixel from the same place of their inputs.
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
    """A layer may look at the whole image; the message names it."""


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """What tiles have to respect.

    Attributes:
        pixels: How far an output pixel looks, in low-resolution pixels.
        step: Tiles and the image itself must begin and end at multiples of
            this, in low-resolution pixels; more than 1 where a network
            shrinks its features inside.
    """

    pixels: int
    step: int


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What a tensor has seen of the image along one axis.

    Attributes:
        reach: How far it has looked.
        ratio: Its pixels per low-resolution pixel.
        step: As in `Reach`.
    """

    reach: Fraction = Fraction(0)
    ratio: Fraction = Fraction(1)
    step: int = 1


def receptive_field(model: keras.Model) -> ReceptiveField:
    """Computes how far each output pixel of an SR model looks.

    Args:
        model: Functional or Sequential SR model, channels last.

    Returns:
        The reach of the longest path, an upper bound.

    Raises:
        NotLocal: If a layer looks at the whole image or is unknown.
    """
    down, across = (_walk(model, _Seen(), axis) for axis in (0, 1))
    return ReceptiveField(
        math.ceil(max(down.reach, across.reach)),
        math.lcm(down.step, across.step),
    )


def _walk(model: Any, start: _Seen, axis: int) -> _Seen:
    if isinstance(model, keras.Sequential):
        model = model._functional
    nodes = getattr(model, "_nodes_by_depth", None)
    if nodes is None:
        raise UnboundedReceptiveField(
            f"{model.name!r} is not a graph of layers"
        )
    seen = {id(tensor): start for tensor in model.inputs}
    for depth in sorted(nodes, reverse=True):
        for node in nodes[depth]:
            if node.is_input:
                continue
            layer = node.operation
            source = _merge(layer, [seen[id(t)] for t in node.input_tensors])
            result = _through(layer, source, axis)
            seen.update((id(tensor), result) for tensor in node.output_tensors)
    return _merge(model, [seen[id(tensor)] for tensor in model.outputs])


def _merge(layer: Any, sources: list[_Seen]) -> _Seen:
    if len({source.ratio for source in sources}) != 1:
        raise UnboundedReceptiveField(
            f"layer {layer.name!r} joins different resolutions"
        )
    return _Seen(
        max(source.reach for source in sources),
        sources[0].ratio,
        math.lcm(*(source.step for source in sources)),
    )


def _through(layer: Any, seen: _Seen, axis: int) -> _Seen:
    """Adds what one layer looks at to what its input has seen."""
    if isinstance(layer, keras.Model):
        return _walk(layer, seen, axis)
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise UnboundedReceptiveField(
            f"layer {layer.name!r} has its channels first"
        )
    for kinds, rule in _RULES:
        if isinstance(layer, kinds):
            return rule(layer, seen, axis)
    if isinstance(layer, _POINTWISE) or _keeps_to_channels(layer):
        return seen
    raise UnboundedReceptiveField(
        f"layer {layer.name!r} ({type(layer).__name__}) may look at the whole "
        "image"
    )


def _keeps_to_channels(layer: Any) -> bool:
    """Tells of layers whose axes decide it whether they are pointwise."""
    if isinstance(layer, layers.PReLU):
        return {1, 2} <= set(layer.shared_axes or ())
    if isinstance(
        layer, (layers.BatchNormalization, layers.LayerNormalization)
    ):
        return set(keras.tree.flatten(layer.axis)) <= {-1, 3}
    return False


def _slide(seen: _Seen, span: int, stride: int, padding: str) -> _Seen:
    """Slides a window from its first to its last tap, `span` pixels on."""
    before = max(span + 1 - stride, 0) // 2 if padding == "same" else 0
    ratio = seen.ratio / stride
    return _Seen(
        seen.reach + max(before, span - before) / seen.ratio,
        ratio,
        math.lcm(seen.step, ratio.denominator),
    )


def _convolution(layer: Any, seen: _Seen, axis: int) -> _Seen:
    span = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis]
    return _slide(seen, span, layer.strides[axis], layer.padding)


def _pool(layer: Any, seen: _Seen, axis: int) -> _Seen:
    span = layer.pool_size[axis] - 1
    return _slide(seen, span, layer.strides[axis], layer.padding)


def _deconvolution(layer: Any, seen: _Seen, axis: int) -> _Seen:
    stride = layer.strides[axis]
    span = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis]
    before = max(span + 1 - stride, 0) // 2 if layer.padding == "same" else 0
    ratio = seen.ratio * stride
    reach = seen.reach + max(before, span - before) / ratio
    return dataclasses.replace(seen, reach=reach, ratio=ratio)


def _resize(layer: Any, seen: _Seen, axis: int) -> _Seen:
    # The widest kernel on offer, Lanczos' of radius 5, and half a pixel.
    pixels = 1 if layer.interpolation == "nearest" else 6
    return dataclasses.replace(
        seen,
        reach=seen.reach + pixels / seen.ratio,
        ratio=seen.ratio * layer.size[axis],
    )


def _pad(layer: Any, seen: _Seen, axis: int) -> _Seen:
    return dataclasses.replace(
        seen, reach=seen.reach + max(layer.padding[axis]) / seen.ratio
    )


def _crop(layer: Any, seen: _Seen, axis: int) -> _Seen:
    return dataclasses.replace(
        seen, reach=seen.reach + max(layer.cropping[axis]) / seen.ratio
    )


_RULES: tuple[tuple[Any, Callable[[Any, _Seen, int], _Seen]], ...] = (
    (layers.Conv2DTranspose, _deconvolution),
    (_CONVOLUTIONS, _convolution),
    (_POOLS, _pool),
    (layers.UpSampling2D, _resize),
    (layers.ZeroPadding2D, _pad),
    (layers.Cropping2D, _crop),
)
