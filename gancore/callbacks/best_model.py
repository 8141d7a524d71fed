"""The best epoch: its model saved, or its weights brought back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras

from gancore.callbacks.epoch_printer import Logs


class SaveBest(keras.callbacks.Callback):
    """Saves the model each time a metric is better than ever before.

    Args:
        metric: Name in the logs.
        higher: Whether more of it is better.
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
    """Remembers the weights of the epoch with the smallest metric.

    It may watch several `fit`s, and so tell whether a later stage was of any
    use.

    Args:
        network: Whose weights.
        metric: Name in the logs.

    Attributes:
        stage: What the caller is in now.
        found_in: The stage of the best epoch.
        epoch: That epoch, counted from 1.
        logs: Its logs; empty before the first epoch.
    """

    def __init__(self, network: keras.Model, metric: str) -> None:
        super().__init__()
        self.network = network
        self.metric = metric
        self.stage = self.found_in = ""
        self.epoch = 0
        self.logs: dict[str, float] = {}
        self._weights: list[Any] = []

    def get_state(self) -> dict[str, Any]:
        weights = {f"weight{i}": w for i, w in enumerate(self._weights)}
        facts = {"found_in": self.found_in, "epoch": self.epoch}
        return {**facts, "logs": self.logs, **weights}

    def set_state(self, state: dict[str, Any]) -> None:
        self.found_in, self.epoch = state["found_in"], state["epoch"]
        self.logs = state["logs"]
        count = sum(key.startswith("weight") for key in state)
        self._weights = [state[f"weight{i}"] for i in range(count)]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.consider(epoch + 1, dict(logs or {}))

    def consider(self, epoch: int, logs: dict[str, float]) -> None:
        """Remembers the weights as they are, if they are the best so far."""
        if not self.logs or logs[self.metric] < self.logs[self.metric]:
            self.epoch, self.found_in = epoch, self.stage
            self.logs = {name: float(value) for name, value in logs.items()}
            self._weights = self.network.get_weights()

    def restore(self) -> None:
        """Gives the network the weights of that epoch."""
        self.network.set_weights(self._weights)
