"""The combined model: likelihood and an adversary, in one training step."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from adversarial import losses
from adversarial.model import AdversarialModel
from textgan.discriminator import Discriminator
from textgan.generator import Generator
from textgan.losses import sequence_nll
from textgan.vocabulary import END, PAD, START


class Perplexity(keras.metrics.Mean):
    """The exponential of the mean nats per word."""

    def result(self) -> Any:
        return tf.exp(super().result())


class GAN(AdversarialModel):
    """TextGAN: learns texts word by word and from a judge of their beginnings.

    The generator descends the negative log-likelihood of real texts plus the
    adversarial loss of texts it writes freely. Each free word is a
    straight-through Gumbel-softmax sample, so that the judge's gradient flows
    back through the whole text. The judge then descends its own loss on the
    real texts and the same free ones.

    Logs: `loss` is the sum of the next two; `discrim_loss` is the judge's
    cross-entropy in nats, summed over real and fake; `gen_loss` is the
    generator's objective in nats, summed over the batch's texts; `nll` is in
    nats per word of real text, `perplexity` its exponential. All are means
    over the epoch. Validation is of the averaged generator.

    Args:
        generator: A `Generator`.
        discriminator: A `Discriminator` of the same vocabulary.
        adversarial_weight: Weight of the adversarial loss of a text against
            its likelihood.
        gumbel_temperature: Temperature of the relaxed samples, above 0.
        free_length: Words, marks and `END` that the judge sees of a text.
        ema_decay: Decay of the generator's average; 0 for none.

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850): the nets
        - [Jang et al. 2017](https://arxiv.org/abs/1611.01144): the samples
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        *,
        adversarial_weight: float = 1.0,
        gumbel_temperature: float = 1.0,
        free_length: int = 24,
        ema_decay: float = 0.99,
        **kwargs: Any,
    ) -> None:
        means = ("loss", "discrim_loss", "gen_loss", "nll")
        super().__init__(
            generator,
            discriminator,
            trackers=[
                *(keras.metrics.Mean(name=name) for name in means),
                Perplexity(name="perplexity"),
            ],
            ema_decay=ema_decay,
            **kwargs,
        )
        self.adversarial_weight = adversarial_weight
        self.gumbel_temperature = gumbel_temperature
        self.free_length = free_length

    def compile(self, *optimizers: Any, **kwargs: Any) -> None:
        # XLA would compile both steps anew for each length of batch.
        kwargs.setdefault("jit_compile", False)
        super().compile(*optimizers, **kwargs)

    def train_step(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        real = self._judged_part(ids)
        # Likelihood of the real texts, and the judge's verdict on free ones.
        with tf.GradientTape() as tape:
            logits = self.generator(ids[:, :-1], training=True)
            nll, words = sequence_nll(logits, ids[:, 1:])
            fake = self.write_freely(self.generator, tf.shape(ids)[0])
            verdict, _ = self.discriminator.judge_soft(fake)
            adversarial = losses.generator_loss(verdict)
            objective = nll + self.adversarial_weight * adversarial
            # Per word, so that the step does not grow with batch and length.
            g_loss = tf.reduce_sum(objective) / tf.reduce_sum(words)
        self.descend(tape, g_loss, self.generator, self.g_optimizer)
        self.update_average()

        # The judge learns from the same free texts.
        fake = tf.stop_gradient(fake)
        with tf.GradientTape() as tape:
            d_loss = self._judge(real, fake, training=True)
        self.descend(tape, d_loss, self.discriminator, self.d_optimizer)
        return self._report(objective, nll, words, d_loss)

    def test_step(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        real = self._judged_part(ids)
        nll, words = sequence_nll(self.averaged(ids[:, :-1]), ids[:, 1:])
        fake = self.write_freely(self.averaged, tf.shape(ids)[0])
        verdict, _ = self.discriminator.judge_soft(fake)
        objective = nll + self.adversarial_weight * losses.generator_loss(
            verdict
        )
        d_loss = self._judge(real, fake, training=False)
        return self._report(objective, nll, words, d_loss)

    def write_freely(self, generator: Generator, batch_size: Any) -> tf.Tensor:
        """Writes texts word by word, each word a relaxed one-hot vector.

        The value of a word is one-hot, its gradient that of the softmax
        (straight-through). After `END` a text is `PAD`, as a real one is.

        Args:
            generator: Whose texts to write.
            batch_size: Number of texts.

        Returns:
            float32 tensor of shape
            `(batch_size, free_length, vocabulary_size)`.
        """
        size = generator.vocabulary_size
        table = tf.convert_to_tensor(generator.embedding.embeddings)
        seed = tf.cast(self.seeds.next(), tf.int32)
        pad = tf.one_hot(PAD, size)

        def write_word(before: tuple, position: tf.Tensor) -> tuple:
            word, state, unfinished = before
            logits, state = generator.step(tf.matmul(word, table), list(state))
            uniform = tf.random.stateless_uniform(
                tf.shape(logits), seed + position, minval=1e-20
            )
            gumbel = -tf.math.log(-tf.math.log(uniform))
            noisy = (logits + gumbel) / self.gumbel_temperature
            soft = tf.nn.softmax(noisy)
            hard = tf.one_hot(tf.argmax(noisy, axis=-1), size)
            word = unfinished * (hard + soft - tf.stop_gradient(soft))
            word += (1.0 - unfinished) * pad
            unfinished *= 1.0 - hard[:, END : END + 1]
            return word, tuple(state), unfinished

        start = (
            tf.one_hot(tf.fill([batch_size], START), size),
            tuple(generator.initial_state(batch_size)),
            tf.ones([batch_size, 1]),
        )
        words, _, _ = tf.scan(write_word, tf.range(self.free_length), start)
        return tf.transpose(words, [1, 0, 2])

    def _judged_part(self, ids: tf.Tensor) -> tf.Tensor:
        """Cuts or pads real texts, without `START`, to `free_length`.

        Always the same length, whatever the batch's, so that length tells the
        judge of a text only what the text itself tells.
        """
        part = ids[:, 1 : self.free_length + 1]
        missing = self.free_length - tf.shape(part)[1]
        return tf.pad(part, [[0, 0], [0, missing]], constant_values=PAD)

    def _judge(
        self, real: tf.Tensor, fake: tf.Tensor, training: bool
    ) -> tf.Tensor:
        real_logits, _ = self.discriminator(real, training=training)
        fake_logits, _ = self.discriminator.judge_soft(fake, training=training)
        return losses.discriminator_loss(real_logits, fake_logits)

    def _report(
        self,
        objective: tf.Tensor,
        nll: tf.Tensor,
        words: tf.Tensor,
        d_loss: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        gen_loss = tf.reduce_sum(objective)
        total = tf.reduce_sum(words)
        per_word = tf.reduce_sum(nll) / total
        return self.track(
            loss=gen_loss + d_loss,
            discrim_loss=d_loss,
            gen_loss=gen_loss,
            nll=(per_word, total),
            perplexity=(per_word, total),
        )
