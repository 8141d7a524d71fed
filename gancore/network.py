"""Base class of the networks: names, dtype policy, and files of plain Keras."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import keras

from gancore import __version__
from gancore.saving.model_io import save_h5
from gancore.training.precision import dtype_policy


class Network(keras.Model):
    """A functional model whose files hold built-in layers only.

    A subclass decorates its `__init__` with `network_init`.

    Attributes:
        default_name: Name of the first one in a process; the others have a
            number, so that two can be part of one model.
    """

    default_name: ClassVar[str]

    @property
    def name_in_files(self) -> str:
        """The name without the number that makes it unique in a process."""
        if re.fullmatch(rf"{self.default_name}_\d+", self.name):
            return self.default_name
        return str(self.name)

    @property
    def saved_facts(self) -> dict[str, Any]:
        """What inference needs of it, for the metadata of an `.h5`."""
        return {}

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        """Saves the layers, so that any program with Keras loads the file.

        The class, and what `compile` set, are not part of the file.

        Args:
            filepath: A path that ends in `.h5`, which every Keras from 2.15
                on loads, or in `.keras`.
            overwrite: Replaces an existing file.
            **kwargs: Arguments of `keras.Model.save`, for `.keras` only.

        Raises:
            ValueError: If the path has another ending, or the file exists and
                `overwrite` is off.
        """
        path = Path(filepath)
        if path.suffix not in (".h5", ".keras"):
            raise ValueError(f"{path} does not end in .h5 or .keras")
        if path.exists() and not overwrite:
            raise ValueError(f"{path} exists and overwrite is False")
        if path.suffix == ".h5":
            package = type(self).__module__.partition(".")[0]
            metadata = {"package": package, "version": __version__}
            save_h5(self, path, {**metadata, **self.saved_facts})
            return
        plain = keras.Model(self.input, self.output, name=self.name_in_files)
        plain.save(path, **kwargs)

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """Exports as `keras.Model.export` does, also before the first call."""
        self(self.input)
        return super().export(*args, **kwargs)


def network_init(init: Callable[..., None]) -> Callable[..., None]:
    """Decorates the `__init__` of a `Network`: unique name, and `dtype`.

    The argument `dtype` is the dtype policy of all layers that the `__init__`
    creates; without it, that of the process. It is not part of the config, so
    that a network can be rebuilt in another precision.
    """

    @functools.wraps(init)
    def wrapped(
        self: Network,
        *args: Any,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        with dtype_policy(policy):
            init(self, *args, name=name or _unique(self.default_name), **kwargs)

    # Keras compares two ways to look at the signature, one of which does not
    # see through a wrapper.
    wrapped.__signature__ = inspect.signature(init)  # type: ignore[attr-defined]
    del wrapped.__wrapped__
    return wrapped


def _unique(name: str) -> str:
    """Returns a name as Keras numbers those of layers: x, x_1, x_2."""
    number = keras.backend.get_uid(name)
    return name if number == 1 else f"{name}_{number - 1}"
