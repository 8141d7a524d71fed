"""How a GAN is saved: in the `.keras` format, with both optimizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import keras

# Prefix of `extra_state` in files of Keras.
_EXTRA = "extra_state"


class SavableGAN(keras.Model):
    """The config of a GAN, of its `compile`, and its `.keras` files.

    Attributes:
        generator: Keras model that Keras can serialize.
        discriminator: Keras model that Keras can serialize.
        g_optimizer: Optimizer of the generator, once compiled.
        d_optimizer: Optimizer of the discriminator, once compiled.
        ema_decay: Decay of the EMA of the generator's weights.
    """

    generator: keras.Model
    discriminator: keras.Model
    g_optimizer: keras.optimizers.Optimizer
    d_optimizer: keras.optimizers.Optimizer
    ema_decay: float

    @property
    def extra_state(self) -> list[Any]:
        """Variables to save besides those of layers and optimizers."""
        return []

    def get_compile_config(self) -> dict[str, Any]:
        if not self.compiled:
            return {}
        serialize = keras.optimizers.serialize
        return {
            "g_optimizer": serialize(self.g_optimizer),
            "d_optimizer": serialize(self.d_optimizer),
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**config)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "ema_decay": self.ema_decay,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Self:
        restore = keras.saving.deserialize_keras_object
        networks = {
            name: restore(value, custom_objects=custom_objects)
            for name, value in config.items()
            if isinstance(value, dict)
        }
        return cls(**{**config, **networks})

    def save(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """Saves both networks and optimizers, as `keras.Model.save` does.

        The loaded model can be trained on, but not bit-identically: Keras
        saves no state of random generators.

        Args:
            filepath: A path that ends in `.keras`.
            *args: Arguments of `keras.Model.save`.
            **kwargs: Arguments of `keras.Model.save`.

        Raises:
            ValueError: If the path does not end in `.keras`.
        """
        if Path(filepath).suffix != ".keras":
            raise ValueError(
                f"{filepath} does not end in .keras, the only format that "
                "holds a whole GAN; for the generator alone, "
                f"{type(self).__module__.partition('.')[0]}.save(gan, "
                '"model.h5") writes an .h5'
            )
        super().save(filepath, *args, **kwargs)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        for i, variable in enumerate(self.extra_state):
            store[f"{_EXTRA}{i}"] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store: Any) -> None:
        saved = {name: store[name] for name in store.keys()}  # noqa: SIM118
        extra = {
            name: saved.pop(name)
            for name in list(saved)
            if name.startswith(_EXTRA)
        }
        super().load_own_variables(saved)
        for i, variable in enumerate(self.extra_state):
            if f"{_EXTRA}{i}" in extra:
                variable.assign(extra[f"{_EXTRA}{i}"])
