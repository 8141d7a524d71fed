"""The end of a training whose numbers are none any more."""

from __future__ import annotations

import math

import keras

from gancore.callbacks.epoch_printer import Logs
from gancore.errors import RuntimeFailure, nonfinite_message


class TerminateOnNonFinite(keras.callbacks.Callback):
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
                stage = getattr(self.model, "stage", "")
                raise RuntimeFailure(nonfinite_message(f"{when} {name}", stage))
