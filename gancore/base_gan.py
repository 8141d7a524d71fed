"""Base class of both GANs: two networks, two optimizers, EMA weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from gancore.distribute import collectives
from gancore.distribute.strategy import is_multi_worker
from gancore.errors import nonfinite_message
from gancore.gan_saving import SavableGAN
from gancore.optimizers import (
    NetworkOptimizer,
    OptimizerPair,
    resolve_optimizer,
)
from gancore.training.precision import full_precision, scale_loss_if_needed

# Arguments of `keras.Model.compile` that a GAN would ignore.
_OF_ONE_NETWORK = frozenset(
    ("loss", "loss_weights", "metrics", "optimizer", "weighted_metrics")
)


class BaseGAN(SavableGAN):
    """A generator and a discriminator, each trained by its own optimizer.

    A subclass writes `train_step` and `test_step`, and calls
    `apply_gradients_to` for an update and `update_metrics` for its logs.

    Args:
        generator: Keras model, built, that `from_config` can rebuild.
        discriminator: Keras model, built.
        trackers: Metrics that `train_step` and `test_step` log, all or some;
            their names are the keys of the logs, and `fit` resets them each
            epoch.
        ema_decay: Decay of the exponential moving average (EMA) of the
            generator's weights, in [0, 1); 0 disables it.

    Attributes:
        ema_generator: The generator with EMA weights, which is validated and
            saved; the generator itself when `ema_decay` is 0.
        stage: Name of the training stage, for error messages.
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
            # In float32, as in inference, whatever the generator trains in.
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
        self.stage = ""
        self.built = True

    def compile(
        self, g_optimizer: Any, d_optimizer: Any, **kwargs: Any
    ) -> None:
        """Sets one optimizer for each network and builds both.

        `keras.Model.compile` gets no optimizer: it would be built on the
        variables of both networks, and it alone would be saved. The attribute
        `optimizer` is an `OptimizerPair`, for the callbacks of Keras.

        Args:
            g_optimizer: Optimizer of the generator, its name or its config.
            d_optimizer: The like of the discriminator.
            **kwargs: Arguments of `keras.Model.compile`, without losses and
                metrics, which a GAN has already.

        Raises:
            ValueError: If both are the same object, whose moments would mix;
                one is no optimizer; or a loss or metric is given.
        """
        if refused := sorted(kwargs.keys() & _OF_ONE_NETWORK):
            raise ValueError(
                f"compile of a GAN got {', '.join(refused)}, which it would "
                "not use; it takes g_optimizer, d_optimizer and an objective "
                "(LossConfig), and logs its own metrics"
            )
        g_optimizer = resolve_optimizer(g_optimizer, "g_optimizer")
        d_optimizer = resolve_optimizer(d_optimizer, "d_optimizer")
        if g_optimizer is d_optimizer:
            raise ValueError(
                "generator and discriminator share an optimizer object, whose "
                "moments would mix; expected two, such as "
                'compile("adam", "adam")'
            )
        super().compile(optimizer=None, **kwargs)
        self.g_optimizer = scale_loss_if_needed(g_optimizer, self.generator)
        self.d_optimizer = scale_loss_if_needed(d_optimizer, self.discriminator)
        self.g_optimizer.build(self.generator_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)
        self.optimizer = OptimizerPair(
            (
                NetworkOptimizer("generator", self.g_optimizer),
                NetworkOptimizer("discriminator", self.d_optimizer),
            )
        )

    @property
    def generator_variables(self) -> list[Any]:
        """Variables that the generator's optimizer updates."""
        return self.generator.trainable_variables

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return self.trackers

    @staticmethod
    def unpack(data: Any) -> tuple[Any, Any]:
        """Returns inputs and targets of a batch; the targets may be `None`.

        Raises:
            ValueError: If it has sample weights, which a GAN has no use for.
        """
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if sample_weight is not None:
            raise ValueError(
                "the data have a sample_weight or class_weight, which the "
                "losses of a GAN do not use; leave it out"
            )
        return x, y

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.ema_generator(inputs, training=training)

    def apply_gradients_to(
        self,
        tape: tf.GradientTape,
        loss: tf.Tensor,
        variables: Sequence[Any],
        optimizer: keras.optimizers.Optimizer,
    ) -> None:
        """Updates these variables, and no others, to minimize a loss.

        Args:
            tape: Tape that recorded the loss.
            loss: Scalar; with several replicas, this replica's share of their
                sum.
            variables: Variables to update.
            optimizer: Optimizer that was built on them.

        Raises:
            InvalidArgumentError: If the gradient is NaN or infinite, before
                any weight is.
        """
        # Optimizers of float16 scale the loss, and all gradients with it.
        scale = optimizer.scale_loss(tf.ones_like(loss))
        gradients = tape.gradient(loss, variables, output_gradients=scale)
        if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            # That one skips such a step and lowers its scale.
            network = (
                "discriminator"
                if optimizer is self.d_optimizer
                else "generator"
            )
            tf.debugging.Assert(
                tf.math.is_finite(tf.linalg.global_norm(gradients)),
                [
                    nonfinite_message(
                        f"the gradient of the {network}", self.stage
                    )
                ],
            )
        if collectives.num_replicas() > 1:
            gradients = _clip_over_replicas(gradients, optimizer, scale)
        optimizer.apply(gradients, variables)

    def update_ema(self) -> None:
        """Moves the EMA weights towards the generator's.

        The decay of update t is min(ema_decay, (1 + t) / (10 + t)), as in
        `tf.train.ExponentialMovingAverage`, so that the random initialization
        has little weight in a short training.
        """
        if not self.ema_decay:
            return
        step = tf.cast(self.updates.assign_add(1), tf.float32)
        decay = tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
        for ema, weight in zip(
            self.ema_generator.weights, self.generator.weights, strict=True
        ):
            ema.assign(weight + decay * (ema - weight))

    def update_metrics(self, **values: Any) -> dict[str, tf.Tensor]:
        """Updates trackers by name and returns their epoch means so far.

        Args:
            **values: A scalar for a tracker, or a pair of a scalar and its
                weight in the epoch's mean.

        Returns:
            Name -> mean, of the trackers that were named.
        """
        updated = [
            tracker for tracker in self.trackers if tracker.name in values
        ]
        for tracker in updated:
            value = values[tracker.name]
            value, weight = value if isinstance(value, tuple) else (value, None)
            tracker.update_state(value, sample_weight=weight)
        results = {tracker.name: tracker.result() for tracker in updated}
        if is_multi_worker(tf.distribute.get_strategy()):
            # Keras averages results of workers along an axis they lack.
            return {n: tf.reshape(r, (1,)) for n, r in results.items()}
        return results

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: both networks are built already.

        This hook of Keras' trainer is private. Under a strategy it would draw
        a batch to build the model, and so shift the order of all batches.
        """

    def get_metrics_result(self) -> dict[str, tf.Tensor]:
        """Returns the means of the trackers that were updated this epoch.

        `fit` calls it at the end of an epoch, and logs the last batch instead
        of the epoch unless the names are those that the step returned.
        """
        updated = [
            tracker
            for tracker in self.trackers
            if keras.ops.convert_to_numpy(tracker.count)
        ]
        return {tracker.name: tracker.result() for tracker in updated}


def _clip_over_replicas(
    gradients: Sequence[Any],
    optimizer: keras.optimizers.Optimizer,
    scale: tf.Tensor,
) -> list[Any]:
    """Clips the summed gradients of all replicas by their global norm.

    An optimizer clips, or checks for infinities, before it sums over replicas.
    So gradients are summed first, and divided into equal shares again.
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
