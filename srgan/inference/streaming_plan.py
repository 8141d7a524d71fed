"""Plans which rows of each tensor are kept between bands of an image."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import Any

import keras

from srgan.inference.folding import foldable_norms, is_functional
from srgan.inference.receptive_field import is_pointwise
from srgan.inference.row_convolution import NotStreamable, RowConvolution

layers = keras.layers


@dataclasses.dataclass(frozen=True)
class Use:
    """Rows of a tensor that a layer takes.

    Attributes:
        source: Identity of the layer that computes the tensor.
        delay: Rows by which it is ahead of the layer's other inputs.
        before: Rows taken above that of an output row.
        after: Rows taken below it.
    """

    source: int
    delay: int
    before: int = 0
    after: int = 0

    @property
    def history(self) -> int:
        """Earlier rows that are taken together with new ones."""
        return self.delay + self.before + self.after


@dataclasses.dataclass(frozen=True)
class Buffer:
    """Rows of a tensor that are kept between bands.

    Attributes:
        history: Number of rows that are kept.
        before: Rows of zeros above the image.
        after: Rows of zeros below it.
        columns: Columns per column of the image.
        channels: Number of channels.
    """

    history: int
    before: int
    after: int
    columns: int
    channels: int


@dataclasses.dataclass(frozen=True)
class Flow:
    """Rows of a tensor compared with those of the image.

    Attributes:
        lag: Rows at its end that need further rows of the image.
        ratio: Its rows and columns per row and column of the image.
        channels: Number of channels.
    """

    lag: int
    ratio: tuple[int, int]
    channels: int


@dataclasses.dataclass
class StreamingPlan:
    """What `StreamedModel` does with each layer, by the layer's identity.

    Attributes:
        flows: Output of each layer, in an order of computation.
        uses: Inputs of each layer.
        buffers: What is kept of each layer's output, where something is.
        convolutions: Convolutions and deconvolutions.
        folded: Normalizations that are part of a convolution.
        min_rows: Fewest rows of a first band that is not the last.
    """

    flows: dict[int, Flow] = dataclasses.field(default_factory=dict)
    uses: dict[int, list[Use]] = dataclasses.field(default_factory=dict)
    buffers: dict[int, Buffer] = dataclasses.field(default_factory=dict)
    convolutions: dict[int, RowConvolution] = dataclasses.field(
        default_factory=dict
    )
    folded: set[int] = dataclasses.field(default_factory=set)
    min_rows: int = 1

    def peak_bytes(self, rows: int, *, first: bool) -> int:
        """Estimates the memory of a band per column of the image.

        Args:
            rows: Rows of the band.
            first: Whether it is the first one of an image.

        Returns:
            Bytes, if layers run one after another and every tensor is freed
            after its last use.
        """
        sizes = {}
        state = 0
        for key, flow in self.flows.items():
            buffer = self.buffers.get(key)
            taken = rows * flow.ratio[0] - flow.lag * first
            row_bytes = flow.ratio[1] * flow.channels * 4
            sizes[key] = (taken + (buffer.history if buffer else 0)) * row_bytes
            state += row_bytes * buffer.history if buffer else 0
        last_uses = {u.source: key for key, us in self.uses.items() for u in us}
        live = peak = 0
        for key, size in sizes.items():
            # The output of a convolution, its activation, and both joined
            # with the rows before.
            peak = max(peak, live + 3 * size)
            live += size
            sources = {use.source for use in self.uses.get(key, ())}
            live -= sum(sizes[s] for s in sources if last_uses[s] == key)
        return peak + 2 * state


def plan_streaming(model: keras.Model) -> StreamingPlan:
    """Plans the streaming of an SR model.

    Args:
        model: Functional SR model.

    Returns:
        The plan.

    Raises:
        NotStreamable: If a layer may take any rows but the nearest ones.
    """
    if not is_functional(model):
        raise NotStreamable(f"{model.name!r} is not a graph of layers")
    plan = StreamingPlan()
    norms = {id(c): norm for norm, c in foldable_norms(model).items()}
    plan.folded = {id(norm) for norm in norms.values()}
    plan.flows = {
        source_of(t): Flow(0, (1, 1), t.shape[-1]) for t in model.inputs
    }
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if not node.is_input:
                _plan_node(plan, node, norms.get(id(node.operation)))
    _plan_buffers(plan)
    return plan


def source_of(tensor: Any) -> int:
    """Returns the identity of the layer that computes a symbolic tensor."""
    return id(tensor._keras_history.operation)


def _plan_node(plan: StreamingPlan, node: Any, norm: Any) -> None:
    layer = node.operation
    if id(layer) in plan.uses or len(node.output_tensors) != 1:
        raise NotStreamable(f"layer {layer.name!r} has several outputs")
    keys = [source_of(tensor) for tensor in node.input_tensors]
    sources = [plan.flows[key] for key in keys]
    if len({source.ratio for source in sources}) != 1:
        raise NotStreamable(f"layer {layer.name!r} joins different resolutions")
    before = after = 0
    ratio = (1, 1)
    if type(layer) in (layers.Conv2D, layers.Conv2DTranspose):
        convolution = RowConvolution(layer, norm)
        plan.convolutions[id(layer)] = convolution
        before, after = convolution.before, convolution.after
        ratio = convolution.ratio
    elif (
        type(layer) is layers.UpSampling2D
        and layer.interpolation == "nearest"
        and layer.data_format == "channels_last"
    ):
        ratio = layer.size
    elif not is_pointwise(layer):
        raise NotStreamable(
            f"layer {layer.name!r} ({type(layer).__name__}) may depend on "
            "other rows"
        )
    lag = max(source.lag for source in sources)
    plan.uses[id(layer)] = [
        Use(key, lag - source.lag, before, after)
        for key, source in zip(keys, sources, strict=True)
    ]
    channels = node.output_tensors[0].shape[-1]
    if channels is None:
        raise NotStreamable(f"layer {layer.name!r} has unknown channels")
    rows, columns = sources[0].ratio
    plan.flows[id(layer)] = Flow(
        (lag + after) * ratio[0],
        (rows * ratio[0], columns * ratio[1]),
        channels,
    )


def _plan_buffers(plan: StreamingPlan) -> None:
    """Joins what all layers take of each tensor."""
    takers: dict[int, list[Use]] = defaultdict(list)
    for uses in plan.uses.values():
        for use in uses:
            takers[use.source].append(use)
    for key, flow in plan.flows.items():
        buffer = Buffer(
            max((use.history for use in takers[key]), default=0),
            max((use.before for use in takers[key]), default=0),
            max((use.after for use in takers[key]), default=0),
            flow.ratio[1],
            flow.channels,
        )
        needed = max(buffer.history - buffer.before, 1) + flow.lag
        plan.min_rows = max(plan.min_rows, math.ceil(needed / flow.ratio[0]))
        if buffer.history:
            plan.buffers[key] = buffer
