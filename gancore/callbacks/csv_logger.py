"""The log of a training: a row of numbers for each epoch."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import keras

from gancore.base_gan import BaseGAN
from gancore.callbacks.epoch_printer import Logs
from gancore.io.atomic import atomic_write


def learning_rates(gan: BaseGAN) -> dict[str, float]:
    """Gives the rates now of the networks that learn, by their columns."""
    optimizers = {
        "learning_rate": gan.g_optimizer,
        "discrim_learning_rate": gan.d_optimizer,
    }
    number = keras.ops.convert_to_numpy  # of variables of several hosts, too
    return {
        name: float(number(optimizer.learning_rate))
        for name, optimizer in optimizers.items()
        if number(optimizer.iterations)
    }


class CSVLogger(keras.callbacks.Callback):
    """Adds a row to a CSV file at the end of each epoch.

    Columns are `epoch` from 0, `stage`, what the epoch's logs hold, and both
    learning rates as the epoch ends. Numbers that only some stages have are
    blank in the others, which Keras' own `CSVLogger` cannot do. The file is
    whole at any time.

    Args:
        path: CSV file; rows it has stay.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        numbers = sorted((logs or {}).items())
        row = {
            "epoch": str(epoch),
            "stage": self.model.stage,
            **{name: repr(float(value)) for name, value in numbers},
            **{n: repr(rate) for n, rate in learning_rates(self.model).items()},
        }
        rows = [*read_log(self.path), row]
        text = io.StringIO()
        columns = dict.fromkeys(name for row in rows for name in row)
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with atomic_write(self.path) as partial:
            partial.write_text(text.getvalue(), encoding="utf-8")


def read_log(path: Path) -> list[dict[str, str]]:
    """Reads the rows of a log; there are none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
