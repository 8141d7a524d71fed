"""What a judge can tell a generator about the texts it writes freely.

A signal says how texts are written so that it can pass, what the generator
descends, and what the judge does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from gancore import losses
from gancore.distribute import collectives
from textgan.data.vocabulary import END, PAD, START
from textgan.losses.config import Objective
from textgan.losses.likelihood import mmd
from textgan.models.free_running import (
    gumbel_softmax,
    soft_argmax,
    write_freely,
)
from textgan.models.generator import Generator

# At this temperature a relaxed word is one word.
_COLD = 1e-3
# Of features in -1..1, a few hundred of them, which lie some units apart.
BANDWIDTHS = (1.0, 2.0, 5.0, 10.0, 20.0)


class Free(NamedTuple):
    """Texts a generator wrote.

    Attributes:
        words: Shape `(batch, length, vocabulary_size)`, rows that sum to 1.
        code: The latent codes they were written from, or `None`.
    """

    words: tf.Tensor
    code: tf.Tensor | None


class Signal:
    """Verdicts on relaxed words, through which the gradient passes.

    The words stay soft, at a temperature that falls. Of hard words with the
    gradient of soft ones (straight-through) a judge that looks for phrases
    tells nothing about words it does not find, and the generator runs off.

    Args:
        objective: Gives the kind of loss, `vanilla` or `relativistic`, and
            the temperatures of the words.
        steps: Steps of the phase, in which the temperature falls.

    Reference:
        - Nie et al. 2019, RelGAN: Relational generative adversarial networks
          for text generation, ICLR
    """

    def __init__(self, objective: Objective, steps: int = 1) -> None:
        self.terms = objective
        self.steps = steps
        # What goes on from step to step.
        self.variables: list[tf.Variable] = []

    def write(
        self, generator: Generator, count: Any, seed: tf.Tensor, step: Any = 0
    ) -> Free:
        """Lets the generator write.

        Args:
            generator: Whose texts to write.
            count: Number of texts.
            seed: int32, shape `(2,)`.
            step: Of the phase.
        """
        code = None
        if generator.latent_dim:
            code = tf.random.stateless_uniform(
                (count, generator.latent_dim), seed, -1.0, 1.0
            )
        words = write_freely(
            generator,
            generator.initial_state(count, code),
            self.terms.free_length,
            self._relaxation(generator, step),
            seed + 1,
        )
        return Free(words, code)

    def generator_loss(
        self,
        generator: Generator,
        judge: Any,
        real: tf.Tensor,
        free: Free,
        training: bool,
    ) -> Any:
        """Gives what the generator descends, a number for each text.

        Args:
            generator: Who wrote the free texts.
            judge: The discriminator.
            real: Ids of real texts, `free_length` of each.
            free: Texts of the generator.
            training: Whether it is descended, or only told.
        """
        verdict = judge.judge_soft(free.words)[0]
        compared = judge(real)[0] if self._compares else None
        return losses.generator_loss(verdict, compared, self.terms.signal)

    def judge_loss(
        self, judge: Any, real: tf.Tensor, free: Free, training: bool
    ) -> Any:
        """Gives what the judge descends, a scalar.

        Of several replicas, the own share of their sum.
        """
        loss = losses.discriminator_loss(
            judge(real, training=training)[0],
            judge.judge_soft(free.words, training=training)[0],
            self.terms.signal,
        )
        return collectives.share(loss, tf.shape(real)[0])

    @property
    def _compares(self) -> bool:
        return self.terms.signal == "relativistic"

    def _temperature(self, step: Any) -> tf.Tensor:
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        first, last = (
            self.terms.gumbel_temperature,
            self.terms.final_temperature,
        )
        return first * (last / first) ** done

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        return gumbel_softmax(self._temperature(step))


class Matching(Signal):
    """Feature matching: the judge's features of both kinds should be alike.

    The generator descends the squared MMD of the features of a batch of real
    and one of free texts. The judge keeps it large, tells real from free, and
    reads the latent code off the free texts.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850), section 3
    """

    def generator_loss(
        self,
        generator: Generator,
        judge: Any,
        real: tf.Tensor,
        free: Free,
        training: bool,
    ) -> Any:
        gap = _gap(judge(real)[1], judge.judge_soft(free.words)[1])
        return tf.fill([tf.shape(free.words)[0]], gap)

    def judge_loss(
        self, judge: Any, real: tf.Tensor, free: Free, training: bool
    ) -> Any:
        real_logit, real_features, *_ = judge(real, training=training)
        free_logit, free_features, *code = judge.judge_soft(
            free.words, training=training
        )
        loss = losses.discriminator_loss(real_logit, free_logit)
        gap = _gap(real_features, free_features)
        loss -= self.terms.matching_weight * gap
        if code and free.code is not None:
            misread = tf.reduce_mean(tf.square(code[0] - free.code))
            loss += self.terms.code_weight * misread
        return collectives.share(loss, tf.shape(real)[0])

    def _relaxation(self, generator: Generator, step: Any) -> Any:
        if generator.latent_dim:
            # All chance is in the code.
            return soft_argmax(self.terms.sharpness)
        return super()._relaxation(generator, step)


class Reinforcement(Signal):
    """REINFORCE with a reward for each word, from a judge that reads along.

    Reference:
        - [de Masson d'Autume et al. 2019](https://arxiv.org/abs/1905.09922):
          ScratchGAN, sections 3.1 and 3.2
        - Williams 1992, Simple statistical gradient-following algorithms for
          connectionist reinforcement learning
    """

    def __init__(self, objective: Objective, steps: int = 1) -> None:
        super().__init__(objective, steps)
        self.baseline = tf.Variable(
            0.0,
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        self.variables.append(self.baseline)

    def write(
        self, generator: Generator, count: Any, seed: tf.Tensor, step: Any = 0
    ) -> Free:
        free = super().write(generator, count, seed, step)
        return Free(tf.stop_gradient(free.words), free.code)

    def generator_loss(
        self,
        generator: Generator,
        judge: Any,
        real: tf.Tensor,
        free: Free,
        training: bool,
    ) -> Any:
        ids = tf.argmax(free.words, axis=-1, output_type=tf.int32)
        written = written_part(ids)
        starts = tf.fill([tf.shape(ids)[0], 1], START)
        before = tf.concat([starts, ids[:, :-1]], axis=1)
        inputs = before if free.code is None else [before, free.code]
        logits = tf.cast(generator(inputs), tf.float32)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
        returns = self._returns(judge(ids)[..., 0], written)
        advantage = returns - self.baseline
        if training:
            mean = collectives.whole(
                tf.reduce_sum(returns * written)
            ) / collectives.whole(tf.reduce_sum(written))
            decay = self.terms.baseline_decay
            self.baseline.assign(decay * self.baseline + (1.0 - decay) * mean)
        return tf.reduce_sum(advantage * nll * written, axis=1)

    def judge_loss(
        self, judge: Any, real: tf.Tensor, free: Free, training: bool
    ) -> Any:
        ids = tf.argmax(free.words, axis=-1, output_type=tf.int32)
        total = tf.constant(0.0)
        for texts, sign in ((real, -1.0), (ids, 1.0)):
            logits = judge(texts, training=training)[..., 0]
            counted = written_part(texts)
            wrong = tf.nn.softplus(sign * logits) * counted
            total += tf.reduce_sum(wrong) / collectives.whole(
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


SIGNALS: dict[str, type[Signal]] = {
    "vanilla": Signal,
    "relativistic": Signal,
    "mmd": Matching,
    "reinforce": Reinforcement,
}


def written_part(ids: tf.Tensor) -> tf.Tensor:
    """Gives 1 for words, marks and `END`, 0 for what is behind."""
    ends = tf.cast(ids == END, tf.int32)
    behind = tf.cumsum(ends, axis=1, exclusive=True)
    return tf.cast((behind == 0) & (ids != PAD), tf.float32)


def _gap(real: tf.Tensor, free: tf.Tensor) -> tf.Tensor:
    """Gives the distance of features of the whole batch."""
    return mmd(
        collectives.whole_batch(real), collectives.whole_batch(free), BANDWIDTHS
    )


def make_signal(objective: Objective, steps: int) -> Signal:
    """Makes the signal an objective names."""
    return SIGNALS[objective.signal](objective, steps)
