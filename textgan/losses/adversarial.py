"""What a discriminator can tell a generator about the texts it writes freely.

A signal says how texts are written so that it can pass, what the generator
descends, and what the discriminator does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from gancore import losses
from gancore.distribute import collectives
from textgan.data.vocabulary import END, PAD, START
from textgan.losses.config import LossConfig
from textgan.losses.likelihood import mmd
from textgan.models.free_running import (
    gumbel_softmax,
    sample_relaxed,
    soft_argmax,
)
from textgan.models.generator import Generator

# At this temperature a relaxed word is one word.
_COLD = 1e-3
# Of features in -1..1, a few hundred of them, which lie some units apart.
BANDWIDTHS = (1.0, 2.0, 5.0, 10.0, 20.0)


class GeneratedBatch(NamedTuple):
    """Texts a generator wrote.

    Attributes:
        words: Shape `(batch, length, vocabulary_size)`, rows that sum to 1.
        code: The latent codes they were written from, or `None`.
    """

    words: tf.Tensor
    code: tf.Tensor | None


class AdversarialLoss:
    """Verdicts on relaxed words, through which the gradient passes.

    The words stay soft, at a temperature that falls. Of hard words with the
    gradient of soft ones (straight-through) a discriminator that looks for phrases
    tells nothing about words it does not find, and the generator runs off.

    Args:
        objective: Gives the kind of loss, `vanilla` or `relativistic`, and
            the temperatures of the words.
        steps: Steps of the stage, in which the temperature falls.

    Reference:
        - Nie et al. 2019, RelGAN: Relational generative adversarial networks
          for text generation, ICLR
    """

    def __init__(self, objective: LossConfig, steps: int = 1) -> None:
        self.terms = objective
        self.steps = steps
        # What goes on from step to step.
        self.variables: list[tf.Variable] = []

    def write(
        self, generator: Generator, count: Any, seed: tf.Tensor, step: Any = 0
    ) -> GeneratedBatch:
        """Lets the generator write.

        Args:
            generator: Whose texts to write.
            count: Number of texts.
            seed: int32, shape `(2,)`.
            step: Of the stage.
        """
        code = None
        if generator.latent_dim:
            code = tf.random.stateless_uniform(
                (count, generator.latent_dim), seed, -1.0, 1.0
            )
        words = sample_relaxed(
            generator,
            generator.initial_state(count, code),
            self.terms.adversarial_length,
            self._relaxation(generator, step),
            seed + 1,
        )
        return GeneratedBatch(words, code)

    def generator_loss(
        self,
        generator: Generator,
        discriminator: Any,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> Any:
        """Gives what the generator descends, a number for each text.

        Args:
            generator: Who wrote the free texts.
            discriminator: The discriminator.
            real: Ids of real texts, `adversarial_length` of each.
            free: Texts of the generator.
            training: Whether it is descended, or only told.
        """
        logit = discriminator.score_soft(free.words)[0]
        compared = discriminator(real)[0] if self._compares else None
        return losses.generator_loss(
            logit, compared, self.terms.adversarial_loss
        )

    def discriminator_loss_of(
        self,
        discriminator: Any,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> Any:
        """Gives what the discriminator descends, a scalar.

        Of several replicas, the own share of their sum.
        """
        loss = losses.discriminator_loss(
            discriminator(real, training=training)[0],
            discriminator.score_soft(free.words, training=training)[0],
            self.terms.adversarial_loss,
        )
        return collectives.replica_share(loss, tf.shape(real)[0])

    @property
    def _compares(self) -> bool:
        return self.terms.adversarial_loss == "relativistic"

    def _temperature(self, step: Any) -> tf.Tensor:
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        first, last = (
            self.terms.gumbel_temperature,
            self.terms.gumbel_temperature_end,
        )
        return first * (last / first) ** done

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        return gumbel_softmax(self._temperature(step))


class FeatureMatchingLoss(AdversarialLoss):
    """Feature matching: the discriminator's features of both kinds should be alike.

    The generator descends the squared MMD of the features of a batch of real
    and one of free texts. The discriminator keeps it large, tells real from free, and
    reads the latent code off the free texts.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3
    """

    def generator_loss(
        self,
        generator: Generator,
        discriminator: Any,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> Any:
        gap = _gap(
            discriminator(real)[1], discriminator.score_soft(free.words)[1]
        )
        return tf.fill([tf.shape(free.words)[0]], gap)

    def discriminator_loss_of(
        self,
        discriminator: Any,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> Any:
        real_logit, real_features, *_ = discriminator(real, training=training)
        free_logit, free_features, *code = discriminator.score_soft(
            free.words, training=training
        )
        loss = losses.discriminator_loss(real_logit, free_logit)
        gap = _gap(real_features, free_features)
        loss -= self.terms.mmd_weight * gap
        if code and free.code is not None:
            misread = tf.reduce_mean(tf.square(code[0] - free.code))
            loss += self.terms.latent_weight * misread
        return collectives.replica_share(loss, tf.shape(real)[0])

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        if generator.latent_dim:
            # All chance is in the code.
            return soft_argmax(self.terms.soft_argmax_beta)
        return super()._relaxation(generator, step)


class ReinforceLoss(AdversarialLoss):
    """REINFORCE with a reward for each word, from a discriminator that reads along.

    Reference:
        - [de Masson d'Autume et al. 2019](https://arxiv.org/abs/1905.09922):
          ScratchGAN, sections 3.1 and 3.2
        - Williams 1992, Simple statistical gradient-following algorithms for
          connectionist reinforcement learning
    """

    def __init__(self, objective: LossConfig, steps: int = 1) -> None:
        super().__init__(objective, steps)
        self.baseline = tf.Variable(
            0.0,
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        self.variables.append(self.baseline)

    def write(
        self, generator: Generator, count: Any, seed: tf.Tensor, step: Any = 0
    ) -> GeneratedBatch:
        free = super().write(generator, count, seed, step)
        return GeneratedBatch(tf.stop_gradient(free.words), free.code)

    def generator_loss(
        self,
        generator: Generator,
        discriminator: Any,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> Any:
        ids = tf.argmax(free.words, axis=-1, output_type=tf.int32)
        written = valid_steps(ids)
        starts = tf.fill([tf.shape(ids)[0], 1], START)
        before = tf.concat([starts, ids[:, :-1]], axis=1)
        inputs = before if free.code is None else [before, free.code]
        logits = tf.cast(generator(inputs), tf.float32)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
        returns = self._returns(discriminator(ids)[..., 0], written)
        advantage = returns - self.baseline
        if training:
            mean = collectives.all_reduce_sum(
                tf.reduce_sum(returns * written)
            ) / collectives.all_reduce_sum(tf.reduce_sum(written))
            decay = self.terms.baseline_decay
            self.baseline.assign(decay * self.baseline + (1.0 - decay) * mean)
        return tf.reduce_sum(advantage * nll * written, axis=1)

    def discriminator_loss_of(
        self,
        discriminator: Any,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> Any:
        ids = tf.argmax(free.words, axis=-1, output_type=tf.int32)
        total = tf.constant(0.0)
        for texts, sign in ((real, -1.0), (ids, 1.0)):
            logits = discriminator(texts, training=training)[..., 0]
            counted = valid_steps(texts)
            wrong = tf.nn.softplus(sign * logits) * counted
            total += tf.reduce_sum(wrong) / collectives.all_reduce_sum(
                tf.reduce_sum(counted)
            )
        return total

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        return gumbel_softmax(_COLD)

    def _returns(self, logits: tf.Tensor, written: tf.Tensor) -> tf.Tensor:
        """Gives the discounted rewards from each word on."""
        rewards = (2.0 * tf.sigmoid(logits) - 1.0) * written
        returns = tf.scan(
            lambda after, reward: reward + self.terms.discount * after,
            tf.transpose(rewards),
            reverse=True,
        )
        return tf.stop_gradient(tf.transpose(returns))


LOSSES: dict[str, type[AdversarialLoss]] = {
    "vanilla": AdversarialLoss,
    "relativistic": AdversarialLoss,
    "feature_matching": FeatureMatchingLoss,
    "reinforce": ReinforceLoss,
}


def valid_steps(ids: tf.Tensor) -> tf.Tensor:
    """Gives 1 for words, marks and `END`, 0 for what is behind."""
    ends = tf.cast(ids == END, tf.int32)
    behind = tf.cumsum(ends, axis=1, exclusive=True)
    return tf.cast((behind == 0) & (ids != PAD), tf.float32)


def _gap(real: tf.Tensor, free: tf.Tensor) -> tf.Tensor:
    """Gives the distance of features of the whole batch."""
    return mmd(
        collectives.all_gather(real), collectives.all_gather(free), BANDWIDTHS
    )


def make_adversarial_loss(objective: LossConfig, steps: int) -> AdversarialLoss:
    """Makes the signal an objective names."""
    return LOSSES[objective.adversarial_loss](objective, steps)
