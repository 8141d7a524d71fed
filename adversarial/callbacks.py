"""What a training prints: live progress on a terminal, a line per epoch."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras

from adversarial.epoch_log import EpochLog
from adversarial.messages import FailedWork, broken

Logs = dict[str, Any] | None


def format_number(value: float) -> str:
    """Formats a metric as Keras' epoch lines do.

    Four decimals between 0.001 and 1000, scientific notation elsewhere.
    """
    fixed = 1e-3 <= abs(value) < 1e3
    return f"{value:.4f}" if fixed else f"{value:.4e}"


def watchers(
    leading: Sequence[str], log: Path
) -> list[keras.callbacks.Callback]:
    """Gives the callbacks of every training here.

    Args:
        leading: Names of the metrics shown first, as for `EpochLine`.
        log: CSV file to which each epoch's metrics are appended.
    """
    return [
        StopOnNaN(),
        LiveProgress(leading),
        EpochLine(leading),
        EpochLog(log),
    ]


class EpochLine(keras.callbacks.Callback):
    """Prints `Epoch 1/10` and ` - 3s - loss: ... - val_loss: ...`.

    Keras itself would sort the metrics by name and put its own step count in
    front, so `fit` runs with `verbose=0` and this callback prints.

    Args:
        leading: Names of the metrics printed first, in this order, then
            their `val_` twins; all other metrics follow in the order in which
            the model tracks them, each before its twin.
    """

    def __init__(self, leading: Sequence[str]) -> None:
        super().__init__()
        self.leading = list(leading)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        print(f"Epoch {epoch + 1}/{self.params['epochs']}", flush=True)
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        parts = [f"{time.monotonic() - self._started:.0f}s"]
        for name in self._order():
            if name in logs:
                parts.append(f"{name}: {format_number(float(logs[name]))}")
        print("", *parts, sep=" - ", flush=True)

    def _order(self) -> list[str]:
        names = self.leading + [f"val_{name}" for name in self.leading]
        for metric in self.model.metrics:
            if metric.name not in self.leading:
                names += [metric.name, f"val_{metric.name}"]
        return names


class LiveProgress(keras.callbacks.Callback):
    """Rewrites one terminal line with step, time left and running losses.

    Where standard output is a file or a pipe it prints nothing.

    Args:
        names: Metrics shown.
        interval: Least time between two drawings, in seconds.
    """

    def __init__(self, names: Sequence[str], interval: float = 0.1) -> None:
        super().__init__()
        self.names = list(names)
        self.interval = interval

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._started = self._drawn = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        now = time.monotonic()
        if not sys.stdout.isatty() or now - self._drawn < self.interval:
            return
        self._drawn = now
        done, steps = batch + 1, self.params["steps"]
        text = f"{done}/{steps or '?'}"
        if steps:
            left = (now - self._started) / done * (steps - done)
            text += f" - {left:.0f}s left"
        for name in self.names:
            text += f" - {name}: {format_number(float((logs or {})[name]))}"
        columns = shutil.get_terminal_size().columns
        print(f"\r\x1b[K{text[: columns - 1]}", end="", flush=True)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if sys.stdout.isatty():
            print("\r\x1b[K", end="", flush=True)


class KeepBest(keras.callbacks.Callback):
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


class Best(keras.callbacks.Callback):
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


class StopOnNaN(keras.callbacks.Callback):
    """Ends the training as soon as a number is none.

    The epoch means are sums so far, so one bad step shows at once and for
    ever; what was saved before stays as it is.
    """

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._check(logs, f"at step {batch + 1} of the epoch")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._check(logs, f"in epoch {epoch + 1}")

    def _check(self, logs: Logs, when: str) -> None:
        for name, value in (logs or {}).items():
            # A loss is finite; a perplexity, its exponential, may not be.
            endless = math.isinf(value) and name.endswith("loss")
            if math.isnan(value) or endless:
                phase = getattr(self.model, "phase", "")
                raise FailedWork(broken(f"{when} {name}", phase))
