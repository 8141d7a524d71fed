"""Runs a network on bands of rows that arrive one after another.

Tiles compute their overlap again. Here every tensor keeps the last rows that
later layers still need, so that each pixel is computed once, and a band is
small enough for the cache of a processor.

Reference:
    - Alwani et al. 2016, "Fused-layer CNN accelerators", section III, who call
      this the reuse model.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from srgan.inference.folding import Operation, inference_call, run_graph
from srgan.inference.streaming_plan import (
    StreamingPlan,
    Use,
    plan_streaming,
    source_of,
)


class StreamedModel:
    """An SR model that takes an image in bands of rows, from top to bottom.

    Together the outputs are those of the whole image, up to rounding. Batch
    normalization is folded, and deconvolutions are computed as sub-pixel
    convolutions. The weights are shared with the model, so later training
    takes effect.

    Args:
        model: A Functional SR model of convolutions of stride 1 and "same"
            padding, deconvolutions, nearest-neighbor up-sampling, and layers
            that work on each pixel.

    Call arguments:
        inputs: The model's inputs: float32 tensors of shape
            `(1, rows, width, channels)`.
        state: That of `initial_state` for the first band, then that returned
            with the band before.
        first: Boolean scalar: whether it is the first band of the image.
            Unless it is the last, too, it has at least `min_rows` rows.
        last: Boolean scalar: whether it is the last.

    Returns:
        The rows of the output that are complete, and the new state.

    Attributes:
        min_rows: Fewest rows of a first band that is not the last.

    Raises:
        NotStreamable: If a layer is of another kind.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._plan = plan_streaming(model)
        self.min_rows = self._plan.min_rows

    def rows_within(self, column_bytes: int, limit: int) -> int:
        """Estimates how many rows a band may have.

        Args:
            column_bytes: Memory per column of the image.
            limit: Most rows that are asked for.

        Returns:
            Rows; 0 if the first band takes more memory.
        """
        first = self._plan.peak_bytes(self.min_rows, first=True)
        if first > column_bytes:
            return 0
        return bisect.bisect_right(
            range(1, limit + 1),
            column_bytes,
            key=lambda rows: self._plan.peak_bytes(rows, first=False),
        )

    def state_signature(self) -> list[tf.TensorSpec]:
        """Returns the shapes and types of a state, for a `tf.function`."""
        return [
            tf.TensorSpec((1, None, None, buffer.channels), tf.float32)
            for buffer in self._plan.buffers.values()
        ]

    def initial_state(self, width: int) -> list[tf.Tensor]:
        """Returns the state above an image.

        Args:
            width: Columns of the image.
        """
        return [
            tf.zeros((1, b.before, b.columns * width, b.channels))
            for b in self._plan.buffers.values()
        ]

    def __call__(
        self,
        inputs: Sequence[tf.Tensor],
        state: Sequence[tf.Tensor],
        first: tf.Tensor,
        last: tf.Tensor,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        band = _Band(self._plan, state, first, last)
        new_rows = [
            band.join(source_of(tensor), rows)
            for tensor, rows in zip(self._model.inputs, inputs, strict=True)
        ]
        output = run_graph(self._model, new_rows, band.operation)
        return output, [band.kept[key] for key in self._plan.buffers]


class _Band:
    """The computation of one band: tensors are passed with their history.

    Args:
        plan: Plan of the network.
        state: As for `StreamedModel`.
        first: As for `StreamedModel`.
        last: As for `StreamedModel`.

    Attributes:
        kept: New state, by the layer that computes the tensor.
    """

    def __init__(
        self,
        plan: StreamingPlan,
        state: Sequence[tf.Tensor],
        first: tf.Tensor,
        last: tf.Tensor,
    ) -> None:
        self._plan = plan
        self._state = dict(zip(plan.buffers, state, strict=True))
        self._first, self._last = first, last
        self.kept: dict[int, tf.Tensor] = {}

    def operation(self, layer: Any) -> Operation:
        """Returns what replaces a layer of the graph."""
        key = id(layer)
        uses = self._plan.uses[key]
        call: Operation = inference_call(layer)
        if key in self._plan.folded:
            call = _identity
        elif key in self._plan.convolutions:
            call = self._plan.convolutions[key]

        def run(x: Any, **arguments: Any) -> tf.Tensor:
            taken = list(map(self._take, uses, keras.tree.flatten(x)))
            y = call(keras.tree.pack_sequence_as(x, taken))
            return self.join(key, y)

        return run

    def join(self, key: int, rows: tf.Tensor) -> tf.Tensor:
        """Puts the history of a tensor before its new rows, and keeps it."""
        buffer = self._plan.buffers.get(key)
        if buffer is None:
            return rows
        parts = [self._state[key], rows]
        if buffer.after:
            # Outside of the image the input of a convolution is zero.
            below = tf.where(self._last, buffer.after, 0)
            shape = tf.shape(rows)
            parts.append(tf.zeros((1, below, shape[2], shape[3])))
        joined = tf.concat(parts, 1)
        end = tf.shape(joined)[1] - (below if buffer.after else 0)
        # A copy: a view would keep the whole band in memory.
        self.kept[key] = joined[:, tf.maximum(end - buffer.history, 0) : end]
        return joined

    def _take(self, use: Use, x: tf.Tensor) -> tf.Tensor:
        """Returns the rows of a tensor with history that a layer takes."""
        buffer = self._plan.buffers.get(use.source)
        if buffer is None:
            return x
        start = tf.where(
            self._first,
            buffer.before - use.before,
            buffer.history - use.history,
        )
        unused = tf.where(self._last, buffer.after - use.after, use.delay)
        return _rows(x, start, tf.shape(x)[1] - unused)


def _identity(x: Any) -> Any:
    return x


def _rows(x: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
    """Slices rows of one image; along the first axis this copies nothing."""
    return tf.squeeze(x, 0)[start:stop][None]
