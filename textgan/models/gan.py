"""The combined model: likelihood, and a discriminator of what is written freely."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from gancore.base_gan import BaseGAN
from gancore.distribute import collectives
from textgan.data.vocabulary import PAD
from textgan.losses.adversarial import GeneratedBatch, make_adversarial_loss
from textgan.losses.config import LossConfig
from textgan.losses.likelihood import sequence_nll
from textgan.losses.sampled_softmax import sampled_nll
from textgan.models.discriminator import Discriminator
from textgan.models.encoder import Encoder
from textgan.models.free_running import swap_tokens
from textgan.models.generator import Generator
from textgan.models.recurrent_discriminator import RecurrentDiscriminator


class PerplexityMetric(keras.metrics.Mean):
    """The exponential of the mean nats per word."""

    def result(self) -> Any:
        return tf.exp(super().result())


class GAN(BaseGAN):
    """TextGAN: learns texts word by word, and from a discriminator of its own texts.

    Training has stages, each a `fit` after its own `compile`. In `likelihood`
    the generator descends the negative log-likelihood of real texts and the
    discriminator rests. In `discriminator` the discriminator learns, from real texts against ones with
    two words swapped and ones the generator writes, and the generator rests.
    In `adversarial` the generator descends its likelihood, an anchor, plus the
    signal it gets from the discriminator about texts it writes freely, and the discriminator
    its own loss on the same texts.

    Logs: `loss` is the sum of the next two; `discrim_loss` is the discriminator's
    loss, 0 while it rests; `gen_loss` is the generator's objective in nats,
    summed over the batch's texts; `nll` is in nats per word of real text,
    `perplexity` its exponential, both given the text's latent code if the
    generator takes one. All are means over the epoch. Validation is of the
    averaged generator.

    Args:
        generator: A `Generator`.
        discriminator: A `Discriminator` of the same vocabulary, or a
            `RecurrentDiscriminator` for the signal `reinforce`.
        encoder: Reads the latent code off real texts, if there is any.
        ema_decay: Decay of the generator's average; 0 for none.

    Call arguments:
        ids: As for the `Generator`.

    Returns:
        Logits of the averaged generator.

    Examples:
        >>> gan = GAN(Generator(50, 8, 16), Discriminator(50, 8))
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(), adam(), objective=Objective())
        >>> texts = tf.data.Dataset.from_tensors(tf.constant([[2, 7, 9, 3]]))
        >>> message = gan.fit(texts, verbose=0, shuffle=False)
        >>> sorted(message.history)
        ['discrim_loss', 'gen_loss', 'loss', 'nll', 'perplexity']

    Reference:
        - [Zhang et al. 2017](https://arxiv.org/abs/1706.03850)
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator | RecurrentDiscriminator,
        encoder: Encoder | None = None,
        *,
        ema_decay: float = 0.99,
        **kwargs: Any,
    ) -> None:
        if bool(generator.latent_dim) != (encoder is not None):
            raise ValueError("a latent code takes an encoder, and only it")
        means = ("loss", "discrim_loss", "gen_loss", "nll")
        super().__init__(
            generator,
            discriminator,
            trackers=[
                *(keras.metrics.Mean(name=name) for name in means),
                PerplexityMetric(name="perplexity"),
            ],
            ema_decay=ema_decay,
            **kwargs,
        )
        self.encoder = encoder

    def compile(  # type: ignore[override]
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        *,
        objective: LossConfig,
        stage: str = "adversarial",
        steps: int = 1,
        **kwargs: Any,
    ) -> None:
        """Begins a stage.

        Args:
            g_optimizer: Optimizer of the generator.
            d_optimizer: Optimizer of the discriminator.
            objective: The terms of both losses.
            stage: `likelihood`, `discriminator` or `adversarial`.
            steps: Steps of the stage, in which temperatures fall.
        """
        # XLA would compile both steps anew for each length of batch.
        kwargs.setdefault("jit_compile", False)
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.objective = objective
        self.stage = stage
        self.signal = make_adversarial_loss(objective, steps)

    @property
    def generator_variables(self) -> list[Any]:
        variables = self.generator.trainable_variables
        if self.encoder is not None:
            # Code and text are learnt together, as an autoencoder.
            variables = variables + self.encoder.trainable_variables
        return variables

    @property
    def more_state(self) -> list[Any]:
        return self.signal.variables

    def train_step(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        real = self._scored_part(ids)
        free = None
        if self.stage == "discriminator":
            nll, words = self._likelihood(self.generator, ids, training=False)
            objective = nll
        else:
            # Likelihood of the real texts, and the signal on free ones.
            with tf.GradientTape() as tape:
                nll, words = self._likelihood(
                    self.generator, ids, training=True
                )
                objective = self._weighed(nll)
                if self.stage == "adversarial":
                    free = self._write(self.generator, tf.shape(ids)[0])
                    message = self._signal(self.generator, real, free, True)
                    objective += self.objective.adversarial_weight * message
                # Per word, so that the step does not grow with the batch.
                g_loss = tf.reduce_sum(objective) / collectives.all_reduce_sum(
                    tf.reduce_sum(words)
                )
            self.apply_gradients_to(
                tape, g_loss, self.generator_variables, self.g_optimizer
            )
            self.update_ema()

        d_loss = tf.constant(0.0)
        if self.stage != "likelihood":
            # The discriminator learns from the same free texts.
            free = free or self._write(self.generator, tf.shape(ids)[0])
            with tf.GradientTape() as tape:
                d_loss = self._discriminator(
                    real, _without_gradient(free), True
                )
            discriminator = self.discriminator.trainable_variables
            self.apply_gradients_to(
                tape, d_loss, discriminator, self.d_optimizer
            )
        return self._report(objective, nll, words, d_loss)

    def test_step(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        real = self._scored_part(ids)
        nll, words = self._likelihood(self.ema_generator, ids, training=False)
        objective = self._weighed(nll)
        d_loss = tf.constant(0.0)
        if self.stage != "likelihood":
            free = self._write(self.ema_generator, tf.shape(ids)[0])
            d_loss = self._discriminator(real, free, training=False)
        if self.stage == "adversarial":
            message = self._signal(
                self.ema_generator, real, free, training=False
            )
            objective += self.objective.adversarial_weight * message
        return self._report(objective, nll, words, d_loss)

    def _likelihood(
        self, generator: Generator, ids: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        inputs: Any = ids[:, :-1]
        few = self.objective.sampled_softmax
        if few and training:
            return sampled_nll(
                generator.read(inputs),
                ids[:, 1:],
                tf.cast(
                    generator.embedding.embeddings, generator.compute_dtype
                ),
                few,
                tf.cast(self.seeds.next(), tf.int32),
            )
        if self.encoder is not None:
            inputs = [inputs, self.encoder(ids[:, 1:], training=training)]
        logits = generator(inputs, training=training)
        return sequence_nll(logits, ids[:, 1:])

    def _weighed(self, nll: tf.Tensor) -> tf.Tensor:
        if self.stage == "adversarial":
            return self.objective.mle_weight * nll
        return nll

    def _write(self, generator: Generator, count: tf.Tensor) -> GeneratedBatch:
        seed = collectives.replica_seed(tf.cast(self.seeds.next(), tf.int32))
        return self.signal.write(
            generator, count, seed, self.g_optimizer.iterations
        )

    def _signal(
        self,
        generator: Generator,
        real: tf.Tensor,
        free: GeneratedBatch,
        training: bool,
    ) -> tf.Tensor:
        return self.signal.generator_loss(
            generator, self.discriminator, real, free, training
        )

    def _discriminator(
        self, real: tf.Tensor, free: GeneratedBatch, training: bool
    ) -> tf.Tensor:
        discriminator = self.discriminator
        loss = self.signal.discriminator_loss_of(
            discriminator, real, free, training
        )
        if self.stage == "discriminator":
            seed = tf.cast(self.seeds.next(), tf.int32)
            swapped = tf.one_hot(
                swap_tokens(real, seed), self.generator.vocabulary_size
            )
            loss += self.signal.discriminator_loss_of(
                discriminator, real, GeneratedBatch(swapped, None), training
            )
            loss /= 2.0
        return loss

    def _scored_part(self, ids: tf.Tensor) -> tf.Tensor:
        """Cuts or pads real texts, without `START`, to `adversarial_length`.

        Always the same length, whatever the batch's, so that length tells the
        discriminator of a text only what the text itself tells.
        """
        length = self.objective.adversarial_length
        part = ids[:, 1 : length + 1]
        missing = length - tf.shape(part)[1]
        return tf.pad(part, [[0, 0], [0, missing]], constant_values=PAD)

    def _report(
        self,
        objective: tf.Tensor,
        nll: tf.Tensor,
        words: tf.Tensor,
        d_loss: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        gen_loss = collectives.all_reduce_sum(tf.reduce_sum(objective))
        d_loss = collectives.all_reduce_sum(d_loss)
        total = tf.reduce_sum(words)
        per_word = tf.reduce_sum(nll) / total
        return self.track(
            loss=gen_loss + d_loss,
            discrim_loss=d_loss,
            gen_loss=gen_loss,
            nll=(per_word, total),
            perplexity=(per_word, total),
        )


def _without_gradient(free: GeneratedBatch) -> GeneratedBatch:
    return free._replace(words=tf.stop_gradient(free.words))
