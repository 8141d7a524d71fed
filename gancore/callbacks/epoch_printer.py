"""Prints an epoch's metrics on one line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import keras

Logs = dict[str, Any] | None


def format_number(value: float) -> str:
    """Formats a metric as Keras' epoch lines do.

    Four decimals between 0.001 and 1000, scientific notation elsewhere.
    """
    fixed = 1e-3 <= abs(value) < 1e3
    return f"{value:.4f}" if fixed else f"{value:.4e}"


class EpochPrinter(keras.callbacks.Callback):
    """Prints `Epoch 1/10` and ` - 3s - loss: ... - val_loss: ...`.

    Keras would sort the metrics by name and print its step count first, so
    `fit` runs with `verbose=0` and this callback prints.

    Args:
        leading: Names of the metrics printed first, in this order, then
            the same with `val_`; all other metrics follow in the order of
            `model.metrics`, each followed by its `val_` metric.
    """

    def __init__(self, leading: Sequence[str]) -> None:
        super().__init__()
        self.leading = list(leading)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        print(f"Epoch {epoch + 1}/{self.params['epochs']}", flush=True)
        self._start = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        parts = [f"{time.monotonic() - self._start:.0f}s"]
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
