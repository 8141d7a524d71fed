"""An LSTM over whole texts, whose gradient is taken in bulk.

What TensorFlow makes of a loop adds up the gradient of the weights word by
word, and computes in the loop whatever stands in it. Here only what hangs on
the word before stays there: one product forwards and one backwards. The numbers
are the same; docs/performance.md has what it is worth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


@tf.custom_gradient
def lstm_states(
    x: tf.Tensor, kernel: tf.Tensor, recurrent: tf.Tensor, bias: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, ...]]]:
    """Gives the hidden states of an LSTM that begins at rest.

    Gates are as in Keras' `LSTM`, in the order input, forget, candidate,
    output. It has no second gradient.

    Args:
        x: Shape `(batch, length, features)`.
        kernel: Shape `(features, 4 * units)`, of the same type.
        recurrent: Shape `(units, 4 * units)`.
        bias: Shape `(4 * units,)`.

    Returns:
        Shape `(batch, length, units)`.

    Reference:
        - Hochreiter and Schmidhuber 1997, Long short-term memory, Neural
          Computation 9
        - [Appleyard et al. 2016](https://arxiv.org/abs/1604.01946), section
          3: products of all words at once
    """
    units = recurrent.shape[0]
    batch, length = tf.shape(x)[0], tf.shape(x)[1]
    words = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, x.shape[-1]])
    drive = tf.reshape(tf.matmul(words, kernel) + bias, [length, batch, -1])
    rest = tf.zeros((batch, units), x.dtype)

    def record_of(parts: int) -> tf.TensorArray:
        shape = (None, parts * units)
        return tf.TensorArray(x.dtype, length, element_shape=shape)

    def read(t: Any, hidden: Any, cell: Any, *kept: Any) -> tuple[Any, ...]:
        raw = tf.split(drive[t] + tf.matmul(hidden, recurrent), 4, axis=1)
        i, f, o = (tf.sigmoid(raw[gate]) for gate in (0, 1, 3))
        u = tf.tanh(raw[2])
        cell = f * cell + i * u
        hidden = o * tf.tanh(cell)
        values = (hidden, cell, tf.concat([i, f, u, o], axis=1))
        written = (
            record.write(t, value)
            for record, value in zip(kept, values, strict=True)
        )
        return t + 1, hidden, cell, *written

    _, _, _, *kept = tf.while_loop(
        lambda t, *_: t < length,
        read,
        (0, rest, rest, record_of(1), record_of(1), record_of(4)),
    )
    hiddens, cells, gates = (record.stack() for record in kept)

    def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        above = tf.transpose(upstream, [1, 0, 2])
        i, f, u, o = tf.split(gates, 4, axis=2)
        bounded = tf.tanh(cells)
        # How raw gates move the cell, and the hidden state the last of them.
        slopes = (
            u * i * (1.0 - i),
            _before(cells, rest) * f * (1.0 - f),
            i * (1.0 - u * u),
            bounded * o * (1.0 - o),
        )
        to_cell = o * (1.0 - bounded * bounded)
        back = tf.transpose(recurrent)

        def unread(
            t: Any, hidden: Any, cell: Any, record: Any
        ) -> tuple[Any, ...]:
            hidden += above[t]
            cell += hidden * to_cell[t]
            raw = [cell * slope[t] for slope in slopes[:3]]
            raw = tf.concat([*raw, hidden * slopes[3][t]], axis=1)
            record = record.write(t, raw)
            return t - 1, tf.matmul(raw, back), cell * f[t], record

        *_, record = tf.while_loop(
            lambda t, *_: t >= 0,
            unread,
            (length - 1, rest, rest, record_of(4)),
        )
        raw = tf.reshape(record.stack(), [-1, 4 * units])
        before = tf.reshape(_before(hiddens, rest), [-1, units])
        inputs = tf.matmul(raw, kernel, transpose_b=True)
        inputs = tf.reshape(inputs, [length, batch, x.shape[-1]])
        return (
            tf.transpose(inputs, [1, 0, 2]),
            tf.matmul(words, raw, transpose_a=True),
            tf.matmul(before, raw, transpose_a=True),
            tf.reduce_sum(raw, axis=0),
        )

    return tf.transpose(hiddens, [1, 0, 2]), grad


def _before(values: tf.Tensor, rest: tf.Tensor) -> tf.Tensor:
    """Moves values one word on."""
    return tf.concat([rest[None], values[:-1]], axis=0)
