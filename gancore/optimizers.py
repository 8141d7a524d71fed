"""The optimizers of a GAN, as the callbacks of Keras find them."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras


def resolve_optimizer(
    optimizer: Any, argument: str
) -> keras.optimizers.Optimizer:
    """Returns the optimizer of a name, a config or an instance.

    Args:
        optimizer: As for `keras.Model.compile`.
        argument: Name of the argument, for messages.

    Raises:
        ValueError: If it is none.
    """
    found = keras.optimizers.get(optimizer) if optimizer else None
    if not isinstance(found, keras.optimizers.Optimizer):
        raise ValueError(
            f"{argument} is {optimizer!r}; expected a Keras optimizer, its "
            'name, such as "adam", or its config'
        )
    return found


class NetworkOptimizer:
    """The optimizer of one network, under the name of the network.

    Args:
        name: `generator` or `discriminator`.
        optimizer: Its optimizer.
    """

    def __init__(
        self, name: str, optimizer: keras.optimizers.Optimizer
    ) -> None:
        self.name = name
        self.optimizer = optimizer

    @property
    def learning_rate(self) -> Any:
        """The learning rate, which can be set unless it is a schedule."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        self.optimizer.learning_rate = rate


@dataclasses.dataclass(frozen=True, eq=False)
class OptimizerPair:
    """What `model.optimizer` is for the callbacks of Keras: both optimizers.

    `LearningRateScheduler`, `ReduceLROnPlateau` and `TensorBoard` read and set
    the rate of each of `optimizers`. It is no optimizer itself, so that Keras
    neither builds it on the variables of both networks nor saves it.

    Attributes:
        optimizers: That of the generator, then that of the discriminator.
        built: They are.
    """

    optimizers: tuple[NetworkOptimizer, NetworkOptimizer]
    built: bool = True

    @property
    def iterations(self) -> Any:
        """Steps of the generator's optimizer."""
        return self.optimizers[0].optimizer.iterations

    @property
    def variables(self) -> list[Any]:
        """Variables of both, which `keras.Model.summary` counts."""
        return [v for o in self.optimizers for v in o.optimizer.variables]
