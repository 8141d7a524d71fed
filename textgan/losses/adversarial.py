"""The adversarial losses: how generated texts are scored and learned from.

An `AdversarialLoss` generates a batch that its gradient can pass through, and
computes the generator's loss and the discriminator's on it.
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

# At this temperature a relaxed word is one-hot.
_HARD_TEMPERATURE = 1e-3
# For a few hundred features in -1..1, whose distances are a few units.
BANDWIDTHS = (1.0, 2.0, 5.0, 10.0, 20.0)


class GeneratedBatch(NamedTuple):
    """A batch of free-running samples of a generator.

    Attributes:
        words: Shape `(batch, length, vocabulary_size)`, rows that sum to 1.
        code: The latent codes they were generated from, or `None`.
    """

    words: tf.Tensor
    code: tf.Tensor | None


class AdversarialLoss:
    """A loss of the logits of relaxed words, differentiable in the words.

    The words stay soft, at a temperature that is annealed. With hard words
    and the gradient of soft ones (straight-through), a convolutional
    discriminator has no gradient for n-grams it does not detect, and the
    generator diverges.

    Args:
        config: The kind of loss, `vanilla` or `relativistic`, and the
            temperatures of the words.
        steps: Steps of the stage, over which the temperature is annealed.

    Reference:
        - Nie et al. 2019, RelGAN: Relational generative adversarial networks
          for text generation, ICLR
    """

    def __init__(self, config: LossConfig, steps: int = 1) -> None:
        self.config = config
        self.steps = steps
        # Saved in checkpoints.
        self.variables: list[tf.Variable] = []

    def generate_batch(
        self, generator: Generator, count: Any, seed: tf.Tensor, step: Any = 0
    ) -> GeneratedBatch:
        """Samples texts from a generator.

        Args:
            generator: The `Generator` to sample from.
            count: Number of texts.
            seed: int32, shape `(2,)`.
            step: Step of the stage.
        """
        code = None
        if generator.latent_dim:
            code = tf.random.stateless_uniform(
                (count, generator.latent_dim), seed, -1.0, 1.0
            )
        words = sample_relaxed(
            generator,
            generator.initial_state(count, code),
            self.config.adversarial_length,
            self._relaxation(generator, step),
            seed + 1,
        )
        return GeneratedBatch(words, code)

    def generator_loss(
        self,
        generator: Generator,
        discriminator: Any,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> Any:
        """Computes the generator's loss of each text.

        Args:
            generator: The `Generator` that `fake` was sampled from.
            discriminator: The discriminator.
            real: Ids of real texts, shape `(batch, adversarial_length)`.
            fake: Generated texts.
            training: Whether the loss is minimized; otherwise it is only
                logged, and no state changes.

        Returns:
            Shape `(batch,)`.
        """
        fake_logits = discriminator.score_soft(fake.words)[0]
        real_logits = discriminator(real)[0] if self._relativistic else None
        return losses.generator_loss(
            fake_logits, real_logits, self.config.adversarial_loss
        )

    def discriminator_loss(
        self,
        discriminator: Any,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> Any:
        """Computes the discriminator's loss.

        Args:
            discriminator: The discriminator.
            real: Ids of real texts, shape `(batch, adversarial_length)`.
            fake: Generated texts.
            training: Whether dropout is active.

        Returns:
            Scalar; with several replicas, this replica's share of the sum.
        """
        loss = losses.discriminator_loss(
            discriminator(real, training=training)[0],
            discriminator.score_soft(fake.words, training=training)[0],
            self.config.adversarial_loss,
        )
        return collectives.replica_share(loss, tf.shape(real)[0])

    @property
    def _relativistic(self) -> bool:
        return self.config.adversarial_loss == "relativistic"

    def _temperature(self, step: Any) -> tf.Tensor:
        progress = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        start = self.config.gumbel_temperature
        end = self.config.gumbel_temperature_end
        return start * (end / start) ** progress

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        return gumbel_softmax(self._temperature(step))


class FeatureMatchingLoss(AdversarialLoss):
    """Feature matching: the MMD of the discriminator's features.

    The generator minimizes the squared MMD between the features of a batch of
    real and one of generated texts. The discriminator maximizes it, classifies
    real against generated texts, and reconstructs the latent code of the
    generated ones.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3
    """

    def generator_loss(
        self,
        generator: Generator,
        discriminator: Any,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> Any:
        distance = _feature_distance(
            discriminator(real)[1], discriminator.score_soft(fake.words)[1]
        )
        return tf.fill([tf.shape(fake.words)[0]], distance)

    def discriminator_loss(
        self,
        discriminator: Any,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> Any:
        real_logits, real_features, *_ = discriminator(real, training=training)
        fake_logits, fake_features, *code = discriminator.score_soft(
            fake.words, training=training
        )
        loss = losses.discriminator_loss(real_logits, fake_logits)
        distance = _feature_distance(real_features, fake_features)
        loss -= self.config.mmd_weight * distance
        if code and fake.code is not None:
            error = tf.reduce_mean(tf.square(code[0] - fake.code))
            loss += self.config.latent_weight * error
        return collectives.replica_share(loss, tf.shape(real)[0])

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        if generator.latent_dim:
            # The latent code is the only source of randomness.
            return soft_argmax(self.config.soft_argmax_beta)
        return super()._relaxation(generator, step)


class ReinforceLoss(AdversarialLoss):
    """REINFORCE with a reward per word, from a `RecurrentDiscriminator`.

    Reference:
        - [de Masson d'Autume et al. 2019](https://arxiv.org/abs/1905.09922):
          ScratchGAN, sections 3.1 and 3.2
        - Williams 1992, Simple statistical gradient-following algorithms for
          connectionist reinforcement learning
    """

    def __init__(self, config: LossConfig, steps: int = 1) -> None:
        super().__init__(config, steps)
        self.baseline = tf.Variable(
            0.0,
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        self.variables.append(self.baseline)

    def generate_batch(
        self, generator: Generator, count: Any, seed: tf.Tensor, step: Any = 0
    ) -> GeneratedBatch:
        fake = super().generate_batch(generator, count, seed, step)
        return GeneratedBatch(tf.stop_gradient(fake.words), fake.code)

    def generator_loss(
        self,
        generator: Generator,
        discriminator: Any,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> Any:
        ids = tf.argmax(fake.words, axis=-1, output_type=tf.int32)
        mask = valid_steps(ids)
        starts = tf.fill([tf.shape(ids)[0], 1], START)
        previous = tf.concat([starts, ids[:, :-1]], axis=1)
        inputs = previous if fake.code is None else [previous, fake.code]
        logits = tf.cast(generator(inputs), tf.float32)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
        returns = self._returns(discriminator(ids)[..., 0], mask)
        advantage = returns - self.baseline
        if training:
            mean = collectives.all_reduce_sum(
                tf.reduce_sum(returns * mask)
            ) / collectives.all_reduce_sum(tf.reduce_sum(mask))
            decay = self.config.baseline_decay
            self.baseline.assign(decay * self.baseline + (1.0 - decay) * mean)
        return tf.reduce_sum(advantage * nll * mask, axis=1)

    def discriminator_loss(
        self,
        discriminator: Any,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> Any:
        ids = tf.argmax(fake.words, axis=-1, output_type=tf.int32)
        total = tf.constant(0.0)
        for texts, sign in ((real, -1.0), (ids, 1.0)):
            logits = discriminator(texts, training=training)[..., 0]
            mask = valid_steps(texts)
            loss = tf.nn.softplus(sign * logits) * mask
            total += tf.reduce_sum(loss) / collectives.all_reduce_sum(
                tf.reduce_sum(mask)
            )
        return total

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        return gumbel_softmax(_HARD_TEMPERATURE)

    def _returns(self, logits: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Computes the discounted return of each word."""
        rewards = (2.0 * tf.sigmoid(logits) - 1.0) * mask
        returns = tf.scan(
            lambda following, reward: reward + self.config.discount * following,
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


def make_adversarial_loss(config: LossConfig, steps: int) -> AdversarialLoss:
    """Builds the loss that `config.adversarial_loss` names."""
    return LOSSES[config.adversarial_loss](config, steps)


def valid_steps(ids: tf.Tensor) -> tf.Tensor:
    """Computes the mask of each text: 1 up to and including `END`, else 0."""
    ends = tf.cast(ids == END, tf.int32)
    ended = tf.cumsum(ends, axis=1, exclusive=True)
    return tf.cast((ended == 0) & (ids != PAD), tf.float32)


def _feature_distance(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Computes the MMD of the features of the global batch."""
    return mmd(
        collectives.all_gather(real), collectives.all_gather(fake), BANDWIDTHS
    )
