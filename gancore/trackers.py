"""Metrics that a GAN logs, each with its direction."""

from __future__ import annotations

from typing import Any, Self

import keras

from gancore.saving.keras_private import MetricsList


class _ListOfItself(MetricsList):
    """A list of metrics that is the metric itself."""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        keras.metrics.Metric.__init__(self, dtype=dtype, name=name)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self]


class Tracker(keras.metrics.Mean, _ListOfItself):
    """A mean over the epoch that knows which direction is better.

    `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` with
    `mode="auto"` ask only the lists of metrics that Keras itself makes for the
    direction, so it is such a list as well.

    Args:
        higher_is_better: Whether callbacks maximize it.
        **kwargs: Arguments of `keras.metrics.Mean`.
    """

    def __init__(self, *, higher_is_better: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self._direction = "up" if higher_is_better else "down"

    def get_config(self) -> dict[str, Any]:
        higher_is_better = self._direction == "up"
        return {**super().get_config(), "higher_is_better": higher_is_better}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)
