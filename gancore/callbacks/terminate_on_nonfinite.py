"""Stops training on NaN or infinite values."""

from __future__ import annotations

import math

import keras

from gancore.callbacks.epoch_printer import Logs
from gancore.errors import RuntimeFailure, nonfinite_message


class TerminateOnNonFinite(keras.callbacks.Callback):
    """Stops training on a NaN in the logs, or an infinite loss.

    Logs are running means of the epoch, so a single bad step shows in all
    that follow. Files that were saved before are kept.

    Raises:
        RuntimeFailure: Names the step or epoch, and the metric.
    """

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._check(logs, f"at step {batch + 1} of the epoch")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._check(logs, f"in epoch {epoch + 1}")

    def _check(self, logs: Logs, when: str) -> None:
        for name, value in (logs or {}).items():
            # A loss is finite; a perplexity, its exponential, may overflow.
            infinite = math.isinf(value) and name.endswith("loss")
            if math.isnan(value) or infinite:
                stage = getattr(self.model, "stage", "")
                raise RuntimeFailure(nonfinite_message(f"{when} {name}", stage))
