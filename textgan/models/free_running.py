"""Writes texts freely, word by word, so that a gradient can pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from textgan.data.vocabulary import END, PAD, START
from textgan.models.generator import Generator, State

# Takes logits of shape (batch, vocabulary_size) and a seed, and gives words as
# rows of that shape that sum to 1.
Relaxation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def gumbel_softmax(temperature: Any) -> Relaxation:
    """Draws words from their distribution, soft, so that a gradient passes.

    The largest entry is a draw from the distribution at any temperature.

    Args:
        temperature: Of the softmax; the smaller, the nearer to one word.

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
    """Takes nearly the likeliest word.

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
    """Writes texts, each word read again as it was written.

    After `END` a text is `PAD`, as a real one is, so that no discriminator can tell it
    by its shape.

    Args:
        generator: Whose texts to write.
        state: Its state before the first word, which tells their number.
        length: Words, marks, `END` and `PAD` of each.
        relax: Makes a word of logits.
        seed: int32, shape `(2,)`.

    Returns:
        float32 tensor of shape `(batch, length, vocabulary_size)`.
    """
    size = generator.vocabulary_size
    table = tf.cast(generator.embedding.embeddings, generator.compute_dtype)
    batch = tf.shape(state[0])[0]
    pad = tf.one_hot(PAD, size)
    # No text holds these, and PAD would be one without an end.
    never = -1e9 * (pad + tf.one_hot(START, size))

    def write_word(
        before: tuple[Any, ...], position: tf.Tensor
    ) -> tuple[Any, ...]:
        word, state, unfinished = before
        vectors = tf.matmul(tf.cast(word, table.dtype), table)
        logits, state = generator.step(vectors, list(state))
        word = unfinished * relax(logits + never, seed + position)
        word += (1.0 - unfinished) * pad
        ends = tf.equal(tf.argmax(word, axis=-1), END)
        unfinished *= 1.0 - tf.cast(ends, tf.float32)[:, None]
        return word, tuple(state), unfinished

    start = (
        tf.one_hot(tf.fill([batch], START), size),
        tuple(state),
        tf.ones([batch, 1]),
    )
    words, _, _ = tf.scan(write_word, tf.range(length), start)
    return tf.transpose(words, [1, 0, 2])


def swap_tokens(ids: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Swaps two words of each text, places drawn at random.

    What tells such texts from real ones is word order alone, which makes a
    discriminator's first lesson (Zhang et al. 2017, section 3.4).

    Args:
        ids: int32 tensor of shape `(batch, length)`, `PAD` on the right.
        seed: int32, shape `(2,)`.

    Returns:
        The same shape; texts of one word stay as they are.
    """
    places = tf.range(tf.shape(ids)[1])[None]
    words = tf.reduce_sum(
        tf.cast((ids != PAD) & (ids != END), tf.int32), axis=1, keepdims=True
    )
    draws = tf.random.stateless_uniform([tf.shape(ids)[0], 2], seed)
    limits = tf.cast(tf.maximum(words, 1), tf.float32)
    first, second = tf.split(tf.cast(draws * limits, tf.int32), 2, axis=1)
    order = tf.where(
        places == first, second, tf.where(places == second, first, places)
    )
    return tf.gather(ids, order, batch_dims=1)
