"""Sampled softmax: the likelihood against a few words of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from textgan.data.vocabulary import PAD

# Logit of a negative that equals the target.
_MASKED_LOGIT = -1e9


def sampled_nll(
    vectors: tf.Tensor,
    targets: tf.Tensor,
    table: tf.Tensor,
    count: int,
    seed: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Estimates the negative log-likelihood of each text.

    The partition function is estimated by importance sampling: negatives are
    drawn by Zipf's law of their rank, and each term is divided by its expected
    count, which makes the estimate of the sum unbiased. All positions of a
    batch share the negatives.

    Args:
        vectors: Inputs of the output layer, shape
            `(batch, length, features)`.
        targets: Next words, int, shape `(batch, length)`.
        table: Word vectors in order of falling frequency, shape
            `(vocabulary_size, features)`.
        count: Number of negatives, drawn with replacement.
        seed: int32, shape `(2,)`.

    Returns:
        Nats per text and predicted words per text, float32 tensors of shape
        `(batch,)`.

    Reference:
        - [Jean et al. 2015](https://arxiv.org/abs/1412.2007), section 3
        - Bengio and Senecal 2003, Quick training of probabilistic neural nets
          by importance sampling, AISTATS
    """
    table = _dense_gradient(table)
    size = tf.shape(table)[0]
    negatives, expected = draw_negatives(size, count, seed)
    target_logits = tf.reduce_sum(vectors * tf.gather(table, targets), axis=-1)
    logits = tf.einsum("bld,nd->bln", vectors, tf.gather(table, negatives))
    logits = tf.cast(logits, tf.float32) - tf.math.log(expected)
    accidental = targets[..., None] == tf.cast(negatives, targets.dtype)
    logits = tf.where(accidental, _MASKED_LOGIT, logits)
    target_logits = tf.cast(target_logits, tf.float32)[..., None]
    logits = tf.concat([target_logits, logits], axis=-1)
    nll = tf.reduce_logsumexp(logits, axis=-1) - target_logits[..., 0]
    real = tf.cast(targets != PAD, tf.float32)
    return tf.reduce_sum(nll * real, axis=-1), tf.reduce_sum(real, axis=-1)


def draw_negatives(
    size: tf.Tensor, count: int, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws negatives by Zipf's law.

    Args:
        size: Size of the vocabulary.
        count: Number of negatives, drawn with replacement.
        seed: int32, shape `(2,)`.

    Returns:
        Their ids, int32, and the expected count of each, float32, both of
        shape `(count,)`.
    """
    log_size = tf.math.log(tf.cast(size, tf.float32) + 1.0)
    log_rank = tf.random.stateless_uniform((count,), seed) * log_size
    ids = tf.minimum(tf.cast(tf.exp(log_rank), tf.int32), size) - 1
    probability = (
        tf.math.log1p(1.0 / (tf.cast(ids, tf.float32) + 1.0)) / log_size
    )
    return ids, count * probability


@tf.custom_gradient
def _dense_gradient(
    table: tf.Tensor,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Makes the gradient dense, as clipping over replicas needs it."""
    return tf.identity(table), tf.convert_to_tensor
