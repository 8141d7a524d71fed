"""The likelihood of words against a few of a large vocabulary."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from textgan.data.vocabulary import PAD

# What stands for the logit of a word that is the right one, drawn by chance.
_NEVER = -1e9


def sampled_nll(
    vectors: tf.Tensor,
    targets: tf.Tensor,
    table: tf.Tensor,
    count: int,
    seed: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Estimates the negative log-likelihood of each text.

    The sum over the vocabulary is estimated by that over words drawn with a
    chance that falls with their rank, about as words do in texts, each divided
    by how often it is drawn: the mean of many such sums is the whole one. All
    places of a batch share the words.

    Args:
        vectors: What the generator projects, of shape
            `(batch, length, features)`.
        targets: The right next words, int, shape `(batch, length)`.
        table: Word vectors in order of falling frequency, shape
            `(vocabulary_size, features)`.
        count: How many words are drawn, with repetition.
        seed: int32, shape `(2,)`.

    Returns:
        Nats per text and predicted words per text, float32 tensors of shape
        `(batch,)`.

    Reference:
        - [Jean et al. 2015](https://arxiv.org/abs/1412.2007), section 3
        - Bengio and Senecal 2003, Quick training of probabilistic neural nets
          by importance sampling, AISTATS
    """
    table = _summed(table)
    size = tf.shape(table)[0]
    drawn, expected = draw_negatives(size, count, seed)
    right = tf.reduce_sum(vectors * tf.gather(table, targets), axis=-1)
    other = tf.einsum("bld,nd->bln", vectors, tf.gather(table, drawn))
    other = tf.cast(other, tf.float32) - tf.math.log(expected)
    same = targets[..., None] == tf.cast(drawn, targets.dtype)
    other = tf.where(same, _NEVER, other)
    right = tf.cast(right, tf.float32)[..., None]
    everything = tf.concat([right, other], axis=-1)
    nll = tf.reduce_logsumexp(everything, axis=-1) - right[..., 0]
    real = tf.cast(targets != PAD, tf.float32)
    return tf.reduce_sum(nll * real, axis=-1), tf.reduce_sum(real, axis=-1)


def draw_negatives(
    size: tf.Tensor, count: int, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws words by Zipf's law.

    Args:
        size: Of the vocabulary.
        count: How many, with repetition.
        seed: int32, shape `(2,)`.

    Returns:
        Their ids, int32, and how often each is expected among them, float32,
        both of shape `(count,)`.
    """
    ranks = tf.math.log(tf.cast(size, tf.float32) + 1.0)
    spot = tf.random.stateless_uniform((count,), seed) * ranks
    ids = tf.minimum(tf.cast(tf.exp(spot), tf.int32), size) - 1
    share = tf.math.log1p(1.0 / (tf.cast(ids, tf.float32) + 1.0)) / ranks
    return ids, count * share


@tf.custom_gradient
def _summed(
    table: tf.Tensor,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Gives a gradient of whole rows, as clipping by replicas takes it."""
    return tf.identity(table), tf.convert_to_tensor
