"""Differentiable free-running sampling of texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from textgan.data.vocabulary import END, PAD, START
from textgan.models.generator import Generator, State

# (logits of shape (batch, vocabulary_size), seed) -> relaxed words of the same
# shape, rows that sum to 1.
Relaxation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def gumbel_softmax(temperature: Any) -> Relaxation:
    """Returns the Gumbel-softmax relaxation of sampling a word.

    The largest entry is an exact sample at any temperature.

    Args:
        temperature: Temperature of the softmax; one-hot in the limit 0.

    Reference:
        - [Jang et al. 2017](https://arxiv.org/abs/1611.01144)
    """

    def relax(logits: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        uniform = tf.random.stateless_uniform(
            tf.shape(logits), seed, minval=1e-20
        )
        gumbel = -tf.math.log(-tf.math.log(uniform))
        return tf.nn.softmax((logits + gumbel) / temperature)

    return relax


def soft_argmax(soft_argmax_beta: float) -> Relaxation:
    """Returns the soft-argmax relaxation of the most likely word.

    Args:
        soft_argmax_beta: Multiplies the logits; one-hot in the limit.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3.3
    """
    return lambda logits, seed: tf.nn.softmax(soft_argmax_beta * logits)


def sample_relaxed(
    generator: Generator,
    state: State,
    length: int,
    relax: Relaxation,
    seed: tf.Tensor,
) -> tf.Tensor:
    """Samples relaxed texts, each word fed back as the next input.

    After `END` a text is padded with `PAD`, as real texts are, so that the
    discriminator cannot classify by its shape.

    Args:
        generator: The `Generator` to sample from.
        state: Its state before the first word, for the whole batch.
        length: Tokens of each text, `END` and `PAD` included.
        relax: Relaxation of the logits.
        seed: int32, shape `(2,)`.

    Returns:
        float32 tensor of shape `(batch, length, vocabulary_size)`.
    """
    size = generator.vocabulary_size
    table = tf.cast(generator.embedding.embeddings, generator.compute_dtype)
    batch = tf.shape(state[0])[0]
    pad = tf.one_hot(PAD, size)
    # PAD comes only after END, and START only as input.
    forbidden = -1e9 * (pad + tf.one_hot(START, size))

    def next_word(
        previous: tuple[Any, ...], position: tf.Tensor
    ) -> tuple[Any, ...]:
        word, state, unfinished = previous
        vectors = tf.matmul(tf.cast(word, table.dtype), table)
        logits, state = generator.step(vectors, list(state))
        word = unfinished * relax(logits + forbidden, seed + position)
        word += (1.0 - unfinished) * pad
        ends = tf.equal(tf.argmax(word, axis=-1), END)
        unfinished *= 1.0 - tf.cast(ends, tf.float32)[:, None]
        return word, tuple(state), unfinished

    start = (
        tf.one_hot(tf.fill([batch], START), size),
        tuple(state),
        tf.ones([batch, 1]),
    )
    words, _, _ = tf.scan(next_word, tf.range(length), start)
    return tf.transpose(words, [1, 0, 2])


def swap_tokens(ids: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Swaps two random words of each text.

    Such texts differ from real ones in word order alone; they pre-train the
    discriminator (Zhang et al. 2017, section 3.4).

    Args:
        ids: int32 tensor of shape `(batch, length)`, `PAD` on the right.
        seed: int32, shape `(2,)`.

    Returns:
        The same shape; texts of one word are unchanged.
    """
    positions = tf.range(tf.shape(ids)[1])[None]
    words = tf.reduce_sum(
        tf.cast((ids != PAD) & (ids != END), tf.int32), axis=1, keepdims=True
    )
    draws = tf.random.stateless_uniform([tf.shape(ids)[0], 2], seed)
    limits = tf.cast(tf.maximum(words, 1), tf.float32)
    first, second = tf.split(tf.cast(draws * limits, tf.int32), 2, axis=1)
    order = tf.where(
        positions == first,
        second,
        tf.where(positions == second, first, positions),
    )
    return tf.gather(ids, order, batch_dims=1)
