"""The base of both GANs: two networks, two optimizers, one average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from gancore.distribute import collectives
from gancore.distribute.strategy import of_several_hosts
from gancore.errors import nonfinite_message
from gancore.training.precision import full_precision, scaled_if_needed


class BaseGAN(keras.Model):
    """A generator and a discriminator, each trained by its own optimizer.

    A subclass writes `train_step` and `test_step` as its algorithm reads, and
    uses `descend` for an update and `track` for what is reported.

    Args:
        generator: Keras model, built, that `get_config` can make again.
        discriminator: Keras model, built.
        trackers: Means that `train_step` and `test_step` report, all or some;
            their names are the keys of the logs, and `fit` resets them each
            epoch.
        ema_decay: Decay of the exponential moving average of the generator's
            weights, in [0, 1); 0 keeps no average.

    Attributes:
        averaged: The averaged generator, the one that is validated and saved;
            the generator itself when `ema_decay` is 0.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        trackers: Sequence[keras.metrics.Mean],
        ema_decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.trackers = list(trackers)
        self.ema_decay = ema_decay
        self.ema_generator = generator
        if ema_decay:
            # As it will be used, whatever the generator computes in.
            with full_precision():
                self.ema_generator = type(generator).from_config(
                    generator.get_config()
                )
            self.ema_generator.set_weights(generator.get_weights())
        self.updates = self.add_weight(
            name="updates",
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        if collectives.num_replicas() > 1:
            for layer in (*generator.layers, *discriminator.layers):
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.synchronized = True
        self.seeds = keras.random.SeedGenerator()
        # Of the training, as what went wrong in it is told.
        self.stage = ""
        self.built = True

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        **kwargs: Any,
    ) -> None:
        """Takes one optimizer for each network and builds both.

        Keras is given no optimizer of its own: it would build it on the
        variables of both networks and save only that one.

        Raises:
            ValueError: If both networks were given the same optimizer, whose
                moments would then mix.
        """
        if g_optimizer is d_optimizer:
            raise ValueError("generator and discriminator share an optimizer")
        super().compile(optimizer=None, **kwargs)
        self.g_optimizer = scaled_if_needed(g_optimizer, self.generator)
        self.d_optimizer = scaled_if_needed(d_optimizer, self.discriminator)
        self.g_optimizer.build(self.generator_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

    @property
    def generator_variables(self) -> list[Any]:
        """What the generator's optimizer moves."""
        return self.generator.trainable_variables

    @property
    def more_state(self) -> list[Any]:
        """Variables beside those of layers and optimizers."""
        return []

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return self.trackers

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.ema_generator(inputs, training=training)

    def apply_gradients_to(
        self,
        tape: tf.GradientTape,
        loss: tf.Tensor,
        variables: Sequence[Any],
        optimizer: keras.optimizers.Optimizer,
    ) -> None:
        """Moves these variables, and no others, down a loss.

        Args:
            tape: What the loss was computed on.
            loss: Scalar; of several replicas, the own share of their sum.
            variables: What is moved.
            optimizer: By what.

        Raises:
            InvalidArgumentError: If the gradient is infinite or no number, a
                step before the weights are.
        """
        # Optimizers of float16 scale the loss, and all gradients with it.
        scale = optimizer.scale_loss(tf.ones_like(loss))
        gradients = tape.gradient(loss, variables, output_gradients=scale)
        if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            # That one leaves such a step out, and scales by less.
            who = (
                "discriminator"
                if optimizer is self.d_optimizer
                else "generator"
            )
            tf.debugging.Assert(
                tf.math.is_finite(tf.linalg.global_norm(gradients)),
                [nonfinite_message(f"the gradient of the {who}", self.stage)],
            )
        if collectives.num_replicas() > 1:
            gradients = _agreed(gradients, optimizer, scale)
        optimizer.apply(gradients, variables)

    def update_ema(self) -> None:
        """Moves the averaged weights towards the generator's.

        The decay grows with the number of updates, min(decay, (1 + t) /
        (10 + t)) as in `tf.train.ExponentialMovingAverage`, so that a short
        training is not held back by its random start.
        """
        if not self.ema_decay:
            return
        step = tf.cast(self.updates.assign_add(1), tf.float32)
        decay = tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
        for mean, now in zip(
            self.ema_generator.weights, self.generator.weights, strict=True
        ):
            mean.assign(now + decay * (mean - now))

    def track(self, **values: Any) -> dict[str, tf.Tensor]:
        """Updates trackers by name and returns their running results.

        Args:
            **values: A scalar for a tracker, or a pair of a scalar and its
                weight in the epoch's mean.
        """
        message = [
            tracker for tracker in self.trackers if tracker.name in values
        ]
        for tracker in message:
            value = values[tracker.name]
            value, weight = value if isinstance(value, tuple) else (value, None)
            tracker.update_state(value, sample_weight=weight)
        results = {tracker.name: tracker.result() for tracker in message}
        if of_several_hosts(tf.distribute.get_strategy()):
            # Keras averages results of workers along an axis they lack.
            return {n: tf.reshape(r, (1,)) for n, r in results.items()}
        return results

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: both networks are built when they come.

        Under a strategy Keras would draw a batch for it, and so move the order
        of all batches on.
        """

    def get_metrics_result(self) -> dict[str, tf.Tensor]:
        """Leaves out what was not told this epoch, as `fit` expects.

        Keras asks this at the end of an epoch, and takes the last batch for
        the epoch unless the names are those the step returned.
        """
        message = [
            tracker
            for tracker in self.trackers
            if keras.ops.convert_to_numpy(tracker.count)
        ]
        return {metric.name: metric.result() for metric in message}


def _agreed(
    gradients: Sequence[Any],
    optimizer: keras.optimizers.Optimizer,
    scale: tf.Tensor,
) -> list[Any]:
    """Clips the gradients of all replicas together, where they are clipped.

    An optimizer clips, or looks for infinities, before it adds up those of all
    replicas. So they are added up before it, and given as shares again.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if inner is optimizer and not inner.global_clipnorm:
        return list(gradients)
    summed = collectives.all_reduce_sum(list(gradients))
    if inner.global_clipnorm:
        summed, _ = tf.clip_by_global_norm(
            summed, inner.global_clipnorm * scale
        )
    return [gradient / collectives.num_replicas() for gradient in summed]
