"""Shows the progress of an epoch on a terminal."""

from __future__ import annotations

import itertools
import shutil
import sys
import time
from collections.abc import Sequence

import keras

from gancore.callbacks.epoch_printer import Logs, format_number

_BAR_WIDTH = 20
# Narrower terminals show no bar.
_MIN_COLUMNS = 90


class ProgressBar(keras.callbacks.Callback):
    """Redraws one terminal line with step, time left and mean losses so far.

    Prints nothing where standard output is a file or a pipe.

    Args:
        names: Names of the metrics shown.
        interval: Minimum time between two redraws, in seconds.
    """

    def __init__(self, names: Sequence[str], interval: float = 0.1) -> None:
        super().__init__()
        self.names = list(names)
        self.interval = interval
        # Batches of a validation, known after the first one.
        self._test_batches: int | None = None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if batch == 0:
            self._show(_part(0, self.params["steps"]), "starting")

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        done, steps = batch + 1, self.params["steps"]
        if done == 1:
            # The first step includes compilation, so it is not timed.
            self._first_end = time.monotonic()
        if not self._due():
            return
        parts = [_part(done, steps)]
        if done > 1:
            each = (time.monotonic() - self._first_end) / (done - 1)
            if steps:
                parts.append(f"{_clock(each * (steps - done))} left")
            parts.append(_pace(each))
        for name in self.names:
            parts.append(f"{name}: {format_number(float((logs or {})[name]))}")
        self._show(*parts)

    def on_test_begin(self, logs: Logs = None) -> None:
        self._show("validation")

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._seen = batch + 1
        if self._due():
            self._show(f"validation {_part(self._seen, self._test_batches)}")

    def on_test_end(self, logs: Logs = None) -> None:
        self._test_batches = self._seen

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._show()

    def _due(self) -> bool:
        return time.monotonic() - self._last_draw >= self.interval

    def _show(self, *parts: str) -> None:
        """Draws as many parts as fit the terminal's width."""
        self._last_draw = time.monotonic()
        if sys.stdout.isatty():
            columns = shutil.get_terminal_size().columns
            lines = itertools.accumulate(parts, "{} - {}".format)
            fitting = (line for line in lines if len(line) < columns)
            text = max(fitting, default="", key=len)
            print(f"\r\x1b[K{text}", end="", flush=True)


def _part(done: int, steps: int | None) -> str:
    if not steps:
        return f"{done}/?"
    count = f"{done:{len(str(steps))}}/{steps}"
    if shutil.get_terminal_size().columns < _MIN_COLUMNS:
        return count
    full = _BAR_WIDTH * done // steps
    return f"{count} [{'=' * full}{'.' * (_BAR_WIDTH - full)}]"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    )


def _pace(seconds: float) -> str:
    each = f"{seconds:.1f}s" if seconds >= 1 else f"{1e3 * seconds:.0f}ms"
    return f"{each}/step"
