"""An LSTM on a CPU whose weight gradients are batched over time steps.

TensorFlow's gradient of a loop accumulates the gradients of the weights step by
step. Here only the recurrence stays in the loop: one matrix product forward and
one backward. The results are the same; docs/performance.md has the speed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


@tf.custom_gradient
def lstm_states(
    x: tf.Tensor, kernel: tf.Tensor, recurrent: tf.Tensor, bias: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, ...]]]:
    """Computes the hidden states of an LSTM with a zero initial state.

    Gates are as in Keras' `LSTM`, in the order input, forget, candidate,
    output. Second-order gradients are not defined.

    Args:
        x: Shape `(batch, length, features)`.
        kernel: Shape `(features, 4 * units)`, same dtype.
        recurrent: Shape `(units, 4 * units)`.
        bias: Shape `(4 * units,)`.

    Returns:
        Shape `(batch, length, units)`.

    Reference:
        - Hochreiter and Schmidhuber 1997, Long short-term memory, Neural
          Computation 9
        - [Appleyard et al. 2016](https://arxiv.org/abs/1604.01946), section
          3: batched products of all time steps
    """
    units = recurrent.shape[0]
    batch, length = tf.shape(x)[0], tf.shape(x)[1]
    inputs = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, x.shape[-1]])
    projected = tf.reshape(
        tf.matmul(inputs, kernel) + bias, [length, batch, -1]
    )
    zeros = tf.zeros((batch, units), x.dtype)

    def array_of(parts: int) -> tf.TensorArray:
        shape = (None, parts * units)
        return tf.TensorArray(x.dtype, length, element_shape=shape)

    def forward_step(
        t: Any, hidden: Any, cell: Any, *arrays: Any
    ) -> tuple[Any, ...]:
        raw = tf.split(projected[t] + tf.matmul(hidden, recurrent), 4, axis=1)
        i, f, o = (tf.sigmoid(raw[gate]) for gate in (0, 1, 3))
        u = tf.tanh(raw[2])
        cell = f * cell + i * u
        hidden = o * tf.tanh(cell)
        values = (hidden, cell, tf.concat([i, f, u, o], axis=1))
        written = (
            array.write(t, value)
            for array, value in zip(arrays, values, strict=True)
        )
        return t + 1, hidden, cell, *written

    _, _, _, *arrays = tf.while_loop(
        lambda t, *_: t < length,
        forward_step,
        (0, zeros, zeros, array_of(1), array_of(1), array_of(4)),
    )
    hiddens, cells, gates = (array.stack() for array in arrays)

    def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        above = tf.transpose(upstream, [1, 0, 2])
        i, f, u, o = tf.split(gates, 4, axis=2)
        bounded = tf.tanh(cells)
        # Derivatives of the cell by the first three raw gates, and of the
        # hidden state by the output gate.
        slopes = (
            u * i * (1.0 - i),
            _shift(cells, zeros) * f * (1.0 - f),
            i * (1.0 - u * u),
            bounded * o * (1.0 - o),
        )
        to_cell = o * (1.0 - bounded * bounded)
        recurrent_t = tf.transpose(recurrent)

        def backward_step(
            t: Any, hidden: Any, cell: Any, array: Any
        ) -> tuple[Any, ...]:
            hidden += above[t]
            cell += hidden * to_cell[t]
            raw = [cell * slope[t] for slope in slopes[:3]]
            raw = tf.concat([*raw, hidden * slopes[3][t]], axis=1)
            array = array.write(t, raw)
            return t - 1, tf.matmul(raw, recurrent_t), cell * f[t], array

        *_, array = tf.while_loop(
            lambda t, *_: t >= 0,
            backward_step,
            (length - 1, zeros, zeros, array_of(4)),
        )
        raw = tf.reshape(array.stack(), [-1, 4 * units])
        previous = tf.reshape(_shift(hiddens, zeros), [-1, units])
        x_grad = tf.matmul(raw, kernel, transpose_b=True)
        x_grad = tf.reshape(x_grad, [length, batch, x.shape[-1]])
        return (
            tf.transpose(x_grad, [1, 0, 2]),
            tf.matmul(inputs, raw, transpose_a=True),
            tf.matmul(previous, raw, transpose_a=True),
            tf.reduce_sum(raw, axis=0),
        )

    return tf.transpose(hiddens, [1, 0, 2]), grad


def _shift(values: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
    """Shifts values by one time step."""
    return tf.concat([first[None], values[:-1]], axis=0)
