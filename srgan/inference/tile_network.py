"""A network as one traced function, for windows of images of any size."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gancore.errors import InvalidInput, RuntimeFailure
from srgan.inference.folding import FoldedModel
from srgan.inference.gray import luma
from srgan.inference.load import call_model, noise_channels, scale_of
from srgan.inference.noise_map import noise_window
from srgan.inference.receptive_field import (
    UnboundedReceptiveField,
    receptive_field,
)
from srgan.inference.row_convolution import NotStreamable
from srgan.inference.streaming import StreamedModel

logger = logging.getLogger(__name__)

# Takes levels of a band, its rows, and whether it is the last one.
RunBand = Callable[[np.ndarray, slice, bool], np.ndarray]

# Side of the image for which memory is estimated, in pixels.
_TRACED_SIDE = 32
# Quarter turns, and the axes that are flipped after them.
_ORIENTATIONS = [(turns, axes) for turns in range(4) for axes in ((), (1,))]
# Layers run in parallel, and some copy their inputs.
_OVERHEAD = 2.5


class TileNetwork:
    """Runs an SR model on windows of one or three channels.

    Args:
        model: An SR model, as returned by `load`.
        seed: Seeds the noise of a model with a noise input.
        self_ensemble: Whether `run` averages the outputs for the eight flips
            and turns of a window.

    Attributes:
        scale: Upscaling factor.
        margin: Overlap of tiles on each side, in input pixels; `None` if the
            model takes an image whole.
        alignment: Windows begin and end at multiples of this.
        noise_channels: Channels of the noise input; 0 without one.
        streamed: The model for bands of rows; `None` if it takes only windows.

    Raises:
        InvalidInput: If the self-ensemble is asked of a model with a noise
            input.

    Reference:
        - [Lim et al. 2017](https://arxiv.org/abs/1707.02921), section 3.3: the
          geometric self-ensemble
    """

    def __init__(
        self, model: keras.Model, seed: int = 0, self_ensemble: bool = False
    ) -> None:
        self._model = model
        self._seed = seed
        self.self_ensemble = self_ensemble
        self.scale = scale_of(model)
        self.noise_channels = noise_channels(model)
        if self_ensemble and self.noise_channels:
            raise InvalidInput(
                "a self-ensemble would average out the noise of a model with "
                "a noise input; use another model, or no self-ensemble"
            )
        self.margin: int | None = None
        self.alignment = 1
        try:
            field = receptive_field(model)
            self.alignment = field.alignment
            self.margin = -(-field.radius // field.alignment) * field.alignment
        except UnboundedReceptiveField as error:
            logger.info(f"images are upscaled whole, not in tiles: {error}")
        self.streamed: StreamedModel | None = None
        try:
            self.streamed = StreamedModel(model)
        except NotStreamable as error:
            logger.debug(f"images are not streamed by rows: {error}")
        # Of any size, so that it is traced once for all images. TensorFlow
        # takes two functions of one `def` for one that is traced again, and
        # warns, but it cannot take two `partial` objects so.
        inputs = self._signature(None, None)
        if self.streamed:
            flag = tf.TensorSpec((), tf.bool)
            state = self.streamed.state_signature()
            self.function = tf.function(
                functools.partial(StreamedModel.__call__, self.streamed),
                input_signature=[inputs, state, flag, flag],
            )
        else:
            self.function = tf.function(
                functools.partial(call_model, FoldedModel(model)),
                input_signature=inputs,
            )

    def _signature(
        self, height: int | None, width: int | None
    ) -> list[tf.TensorSpec]:
        channels = [3, self.noise_channels][: len(self._model.inputs)]
        return [
            tf.TensorSpec((1, height, width, n), tf.float32) for n in channels
        ]

    def run(
        self, levels: np.ndarray, rows: slice, columns: slice
    ) -> np.ndarray:
        """Upscales a window, as if nothing were beyond it.

        Args:
            levels: float32 in 0..255, of shape `(height, width, 1 or 3)`.
            rows: Its rows in the image, with a start and a stop.
            columns: Its columns.

        Returns:
            `scale` times as high and wide, not clipped; for one channel the
            luma of the network's output.

        Raises:
            RuntimeFailure: If the memory is too small.
        """
        if not self.self_ensemble:
            return self._run_once(levels, rows, columns)
        total: Any = 0
        for turns, axes in _ORIENTATIONS:
            turned = np.flip(np.rot90(levels, turns), axes)
            output = self._run_once(turned, rows, columns)
            total += np.rot90(np.flip(output, axes), -turns)
        mean: np.ndarray = total / np.float32(len(_ORIENTATIONS))
        return mean

    def _run_once(
        self, levels: np.ndarray, rows: slice, columns: slice
    ) -> np.ndarray:
        inputs = self._inputs(levels, rows, columns)
        if self.streamed:
            state = self.streamed.initial_state(levels.shape[1])
            output, _ = self._call(inputs, state, True, True)
        else:
            output = self._call(*inputs)
        return _channels_like(levels, output)

    def stream(self, width: int) -> RunBand:
        """Returns a function that upscales the bands of one image in turn.

        Args:
            width: Width of the image, in pixels.

        Returns:
            Function of levels as for `run` of all columns, the rows of the
            image that they are, and whether they are the last. It returns the
            rows of the output that are complete, which lag behind.

        Raises:
            ValueError: If the model takes only windows.
        """
        if not self.streamed:
            raise ValueError(f"{self._model.name!r} takes no bands of rows")
        state: Any = self.streamed.initial_state(width)

        def run_band(levels: np.ndarray, rows: slice, last: bool) -> np.ndarray:
            nonlocal state
            inputs = self._inputs(levels, rows, slice(0, width))
            output, state = self._call(
                inputs,
                state,
                not rows.start,
                last,
            )
            return _channels_like(levels, output)

        return run_band

    def bytes_per_pixel(self) -> int:
        """Estimates the memory of a window per input pixel, in bytes."""
        side = math.ceil(_TRACED_SIDE / self.alignment) * self.alignment
        graph = (
            tf.function(functools.partial(call_model, self._model))
            .get_concrete_function(*self._signature(side, side))
            .graph
        )
        peak = _OVERHEAD * _peak_bytes(graph.get_operations())
        return math.ceil(peak / side**2)

    def _inputs(
        self, levels: np.ndarray, rows: slice, columns: slice
    ) -> list[np.ndarray]:
        gray = levels.shape[-1] == 1
        inputs = [np.repeat(levels, 3, axis=-1) if gray else levels]
        if self.noise_channels:
            inputs.append(
                noise_window(rows, columns, self.noise_channels, self._seed)
            )
        return [tf.constant(array[None]) for array in inputs]

    def _call(self, *arguments: Any) -> Any:
        try:
            return self.function(*arguments)
        except tf.errors.ResourceExhaustedError as error:
            raise RuntimeFailure(
                "the memory is too small for a tile; try a smaller --memory"
            ) from error


def _channels_like(levels: np.ndarray, output: tf.Tensor) -> np.ndarray:
    upscaled: np.ndarray = output.numpy()[0]
    return luma(upscaled) if levels.shape[-1] == 1 else upscaled


def _peak_bytes(operations: Sequence[tf.Operation]) -> int:
    """Estimates the memory of a graph whose operations run one by one.

    Args:
        operations: In an order in which they can run.

    Returns:
        Bytes, if every tensor is freed after its last use; twice those of
        any one tensor are counted while it is computed.
    """
    sizes = {
        tensor.ref(): (tensor.shape.num_elements() or 0) * tensor.dtype.size
        for operation in operations
        for tensor in operation.outputs
        if tensor.shape.is_fully_defined() and tensor.dtype.is_floating
    }
    last_uses = {
        tensor.ref(): operation
        for operation in operations
        for tensor in operation.inputs
    }
    live = peak = 0
    for operation in operations:
        outputs = sum(sizes.get(t.ref(), 0) for t in operation.outputs)
        peak = max(peak, live + 2 * outputs)
        live += outputs
        live -= sum(
            sizes.get(key, 0)
            for key in {tensor.ref() for tensor in operation.inputs}
            if last_uses[key] is operation
        )
    return peak
