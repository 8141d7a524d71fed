"""Saves the best model, or restores the best weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras

from gancore.callbacks.epoch_printer import Logs


class SaveBest(keras.callbacks.Callback):
    """Saves the model after each epoch whose metric is the best so far.

    Args:
        metric: Name in the logs.
        higher: Whether higher is better.
        save: Called with the epoch's logs to save the model.
    """

    def __init__(
        self,
        metric: str,
        higher: bool,
        save: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__()
        self.metric = metric
        self.sign = 1.0 if higher else -1.0
        self.save = save
        self.best = -math.inf

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best = state["best"]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        value = self.sign * float((logs or {})[self.metric])
        if value > self.best:
            self.best = value
            self.save(logs or {})


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the lowest metric.

    One object may be passed to the `fit` of several stages.

    Args:
        network: Network whose weights are kept.
        metric: Name in the logs; lower is better.

    Attributes:
        stage: Name of the current stage, set by the caller.
        best_stage: Stage of the best epoch.
        epoch: The best epoch, counted from 1.
        logs: Its logs; empty before the first epoch.
    """

    def __init__(self, network: keras.Model, metric: str) -> None:
        super().__init__()
        self.network = network
        self.metric = metric
        self.stage = self.best_stage = ""
        self.epoch = 0
        self.logs: dict[str, float] = {}
        self._weights: list[Any] = []

    def get_state(self) -> dict[str, Any]:
        weights = {f"weight{i}": w for i, w in enumerate(self._weights)}
        values = {"best_stage": self.best_stage, "epoch": self.epoch}
        return {**values, "logs": self.logs, **weights}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best_stage, self.epoch = state["best_stage"], state["epoch"]
        self.logs = state["logs"]
        count = sum(key.startswith("weight") for key in state)
        self._weights = [state[f"weight{i}"] for i in range(count)]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.update(epoch + 1, dict(logs or {}))

    def update(self, epoch: int, logs: dict[str, float]) -> None:
        """Keeps the current weights, if these logs are the best so far."""
        if not self.logs or logs[self.metric] < self.logs[self.metric]:
            self.epoch, self.best_stage = epoch, self.stage
            self.logs = {name: float(value) for name, value in logs.items()}
            self._weights = self.network.get_weights()

    def restore(self) -> None:
        """Sets the network's weights to those of the best epoch."""
        self.network.set_weights(self._weights)
