"""The combined model: MLE and adversarial training."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from gancore.base_gan import BaseGAN
from gancore.distribute import collectives
from gancore.trackers import Tracker
from textgan.data.vocabulary import PAD
from textgan.losses.adversarial import GeneratedBatch, make_adversarial_loss
from textgan.losses.config import LossConfig
from textgan.losses.likelihood import sequence_nll
from textgan.losses.sampled_softmax import sampled_nll
from textgan.models.checks import (
    check_ids,
    check_networks,
    check_vocabulary,
)
from textgan.models.discriminator import Discriminator
from textgan.models.encoder import Encoder
from textgan.models.free_running import swap_tokens
from textgan.models.generator import Generator
from textgan.models.recurrent_discriminator import RecurrentDiscriminator

STAGES = ("mle", "discriminator", "joint", "adversarial")
# In the stage `joint` the adversarial loss has weight 0 up to this share of the
# steps; from there on it rises linearly.
_RAMP_START = 0.5


class PerplexityMetric(Tracker):
    """The exponential of the mean nats per word."""

    def result(self) -> Any:
        return tf.exp(super().result())


@keras.saving.register_keras_serializable("textgan")
class GAN(BaseGAN):
    """TextGAN: a language model trained by MLE, then against a discriminator.

    Training has stages, each a `compile` followed by a `fit`:

    - `mle`: the generator minimizes the negative log-likelihood of real
      texts; the discriminator is not trained.
    - `discriminator`: the discriminator is trained on real texts against real
      texts with two words swapped and against generated texts; the generator
      is not trained.
    - `joint`: as `adversarial`, but the weight of the adversarial loss is 0 in
      the first half of the steps and then rises linearly. It needs no stage
      before it: the discriminator learns from the first samples on.
    - `adversarial`: the generator minimizes the MLE term plus the adversarial
      loss of free-running samples, the discriminator its own loss on the same
      samples.

    Logs: `loss` is the sum of the next two; `discrim_loss` is the
    discriminator's loss, 0 in the stage `mle`; `gen_loss` is the generator's
    loss in nats, summed over the batch's texts; `nll` is in nats per word of
    real text, `perplexity` its exponential, both conditioned on the text's
    latent code if the generator takes one. All are means over the epoch.
    Validation is of the EMA generator.

    Args:
        generator: A `Generator`.
        discriminator: A `Discriminator` of the same vocabulary, or a
            `RecurrentDiscriminator` for the adversarial loss `reinforce`.
        encoder: Encodes real texts as latent codes; required if and only if
            the generator takes a latent code.
        ema_decay: Decay of the generator's EMA weights; 0 disables them.

    Call arguments:
        ids: As for the `Generator`.

    Returns:
        Logits of the EMA generator.

    Raises:
        TypeError: If the generator is no `Generator`.
        ValueError: If there is an encoder without a latent code, or a latent
            code without an encoder, or the networks have vocabularies of
            different sizes.

    Examples:
        >>> gan = GAN(Generator(50, 8, 16), Discriminator(50, 8))
        >>> gan.compile("adam", "adam")
        >>> texts = tf.data.Dataset.from_tensors(tf.constant([[2, 7, 9, 3]]))
        >>> history = gan.fit(texts, verbose=0, shuffle=False)
        >>> sorted(history.history)
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
        check_networks(generator, discriminator, encoder)
        if bool(generator.latent_dim) != (encoder is not None):
            raise ValueError("a latent code takes an encoder, and only it")
        means = ("loss", "discrim_loss", "gen_loss", "nll")
        super().__init__(
            generator,
            discriminator,
            trackers=[
                *(Tracker(name=name) for name in means),
                PerplexityMetric(name="perplexity"),
            ],
            ema_decay=ema_decay,
            **kwargs,
        )
        self.encoder = encoder

    def compile(
        self,
        g_optimizer: Any,
        d_optimizer: Any,
        *,
        objective: LossConfig | None = None,
        stage: str = "adversarial",
        steps: int = 1,
        **kwargs: Any,
    ) -> None:
        """Configures a stage.

        Args:
            g_optimizer: Optimizer of the generator, its name or its config.
            d_optimizer: The like of the discriminator.
            objective: Kinds and weights of the terms of both losses. Defaults
                to `LossConfig()`.
            stage: `mle`, `discriminator`, `joint` or `adversarial`.
            steps: Steps of the stage, over which the Gumbel temperature is
                annealed and the weight of the stage `joint` rises.

        Raises:
            ValueError: As in `BaseGAN.compile`, or if there is no such stage.
        """
        if stage not in STAGES:
            raise ValueError(
                f"stage is {stage!r}; expected one of {', '.join(STAGES)}"
            )
        objective = objective or LossConfig()
        # XLA would compile both steps for each length of batch.
        kwargs.setdefault("jit_compile", False)
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.objective = objective
        self.stage = stage
        self.steps = steps
        self.adversarial_loss = make_adversarial_loss(objective, steps)

    def get_compile_config(self) -> dict[str, Any]:
        config = super().get_compile_config()
        if not config:
            return {}
        return {
            **config,
            "objective": dataclasses.asdict(self.objective),
            "stage": self.stage,
            "steps": self.steps,
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        objective = LossConfig(**config["objective"])
        self.compile(**{**config, "objective": objective})

    def get_config(self) -> dict[str, Any]:
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {**super().get_config(), "encoder": encoder}

    def unpack(self, data: Any) -> tf.Tensor:  # type: ignore[override]
        """Returns the ids of a batch.

        Raises:
            ValueError: If they are no ids of shape `(batch, length)`, or there
                is anything else.
        """
        ids, targets = super().unpack(data)
        return check_ids(ids, targets)

    @property
    def generator_variables(self) -> list[Any]:
        variables = self.generator.trainable_variables
        if self.encoder is not None:
            # Trained jointly, as an autoencoder.
            variables = variables + self.encoder.trainable_variables
        return variables

    @property
    def extra_state(self) -> list[Any]:
        return self.adversarial_loss.variables

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Trains as `keras.Model.fit` does.

        Args:
            x: An array of ids or a dataset of batches of ids.
            *args: Arguments of `keras.Model.fit`.
            **kwargs: Arguments of `keras.Model.fit`.

        Raises:
            ValueError: If ids of an array are not those of the vocabulary.
        """
        check_vocabulary(x, self.generator.vocabulary_size)
        return super().fit(x, *args, **kwargs)

    def train_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Trains on one batch of ids, checked as those of `fit`."""
        check_vocabulary(x, self.generator.vocabulary_size)
        return super().train_on_batch(x, *args, **kwargs)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        ids = self.unpack(data)
        real = self._crop_or_pad(ids)
        fake = None
        if self.stage == "discriminator":
            nll, words = self._nll(self.generator, ids, training=False)
            objective = nll
        else:
            # MLE term of the real texts, adversarial loss of generated ones.
            with tf.GradientTape() as tape:
                nll, words = self._nll(self.generator, ids, training=True)
                objective = self._mle_term(nll)
                if self._is_adversarial:
                    fake = self._generate(self.generator, tf.shape(ids)[0])
                    objective += self._adversarial_term(
                        self.generator, real, fake, training=True
                    )
                # Per word, so that the step does not grow with the batch.
                g_loss = tf.reduce_sum(objective) / collectives.all_reduce_sum(
                    tf.reduce_sum(words)
                )
            self.apply_gradients_to(
                tape, g_loss, self.generator_variables, self.g_optimizer
            )
            self.update_ema()

        d_loss = tf.constant(0.0)
        if self.stage != "mle":
            # The discriminator is trained on the same generated texts.
            fake = fake or self._generate(self.generator, tf.shape(ids)[0])
            with tf.GradientTape() as tape:
                d_loss = self._discriminator_loss(
                    real, _stop_gradient(fake), training=True
                )
            self.apply_gradients_to(
                tape,
                d_loss,
                self.discriminator.trainable_variables,
                self.d_optimizer,
            )
        return self._log(objective, nll, words, d_loss)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        ids = self.unpack(data)
        real = self._crop_or_pad(ids)
        nll, words = self._nll(self.ema_generator, ids, training=False)
        objective = self._mle_term(nll)
        d_loss = tf.constant(0.0)
        if self.stage != "mle":
            fake = self._generate(self.ema_generator, tf.shape(ids)[0])
            d_loss = self._discriminator_loss(real, fake, training=False)
        if self._is_adversarial:
            objective += self._adversarial_term(
                self.ema_generator, real, fake, training=False
            )
        return self._log(objective, nll, words, d_loss)

    def _nll(
        self, generator: Generator, ids: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        inputs: Any = ids[:, :-1]
        negatives = self.objective.sampled_softmax
        if negatives and training:
            return sampled_nll(
                generator.hidden_vectors(inputs),
                ids[:, 1:],
                tf.cast(generator.output_vectors, generator.compute_dtype),
                negatives,
                tf.cast(self.seeds.next(), tf.int32),
            )
        if self.encoder is not None:
            inputs = [inputs, self.encoder(ids[:, 1:], training=training)]
        logits = generator(inputs, training=training)
        return sequence_nll(logits, ids[:, 1:])

    def _mle_term(self, nll: tf.Tensor) -> tf.Tensor:
        if self._is_adversarial:
            return self.objective.mle_weight * nll
        return nll

    @property
    def _is_adversarial(self) -> bool:
        return self.stage in ("joint", "adversarial")

    def _adversarial_weight(self) -> Any:
        """Returns the weight of the adversarial loss in this step."""
        weight = self.objective.adversarial_weight
        if self.stage != "joint":
            return weight
        steps_done = tf.cast(self.g_optimizer.iterations, tf.float32)
        rise = (steps_done / self.steps - _RAMP_START) / (1 - _RAMP_START)
        return weight * tf.clip_by_value(rise, 0.0, 1.0)

    def _generate(
        self, generator: Generator, count: tf.Tensor
    ) -> GeneratedBatch:
        seed = collectives.replica_seed(tf.cast(self.seeds.next(), tf.int32))
        return self.adversarial_loss.generate_batch(
            generator, count, seed, self.g_optimizer.iterations
        )

    def _adversarial_term(
        self,
        generator: Generator,
        real: tf.Tensor,
        fake: GeneratedBatch,
        training: bool,
    ) -> tf.Tensor:
        loss = self.adversarial_loss.generator_loss(
            generator, self.discriminator, real, fake, training
        )
        return self._adversarial_weight() * loss

    def _discriminator_loss(
        self, real: tf.Tensor, fake: GeneratedBatch, training: bool
    ) -> tf.Tensor:
        loss = self.adversarial_loss.discriminator_loss(
            self.discriminator, real, fake, training
        )
        if self.stage == "discriminator":
            seed = tf.cast(self.seeds.next(), tf.int32)
            swapped = tf.one_hot(
                swap_tokens(real, seed), self.generator.vocabulary_size
            )
            loss += self.adversarial_loss.discriminator_loss(
                self.discriminator,
                real,
                GeneratedBatch(swapped, None),
                training,
            )
            loss /= 2.0
        return loss

    def _crop_or_pad(self, ids: tf.Tensor) -> tf.Tensor:
        """Crops or pads real texts, without `START`, to `adversarial_length`.

        The length is that of generated texts, whatever the batch's, so that
        the discriminator cannot classify by padding.
        """
        length = self.objective.adversarial_length
        part = ids[:, 1 : length + 1]
        missing = length - tf.shape(part)[1]
        return tf.pad(part, [[0, 0], [0, missing]], constant_values=PAD)

    def _log(
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
        return self.update_metrics(
            loss=gen_loss + d_loss,
            discrim_loss=d_loss,
            gen_loss=gen_loss,
            nll=(per_word, total),
            perplexity=(per_word, total),
        )


def _stop_gradient(fake: GeneratedBatch) -> GeneratedBatch:
    return fake._replace(words=tf.stop_gradient(fake.words))
