"""Logs an epoch's metrics as a row of `log.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from gancore.base_gan import BaseGAN
from gancore.callbacks.epoch_printer import Logs
from gancore.errors import RuntimeFailure, printable
from gancore.io.atomic import atomic_write


def learning_rates(gan: BaseGAN) -> dict[str, float]:
    """Returns the current learning rates of the optimizers in use."""
    optimizers = {
        "learning_rate": gan.g_optimizer,
        "discrim_learning_rate": gan.d_optimizer,
    }
    value = keras.ops.convert_to_numpy  # also of multi-worker variables
    return {
        name: float(value(optimizer.learning_rate))
        for name, optimizer in optimizers.items()
        if value(optimizer.iterations)
    }


class CSVLogger(keras.callbacks.Callback):
    """Adds a row to a CSV file at the end of each epoch.

    Columns are `epoch` from 0, `stage`, the epoch's logs, and both learning
    rates at its end. Columns that only some stages have are empty in the
    others, which Keras' own `CSVLogger` cannot do. Writes are atomic.

    Args:
        path: CSV file; its rows are kept.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        import pandas as pd

        metrics = sorted((logs or {}).items())
        row = {
            "epoch": str(epoch),
            "stage": self.model.stage,
            **{name: repr(float(value)) for name, value in metrics},
            **{n: repr(rate) for n, rate in learning_rates(self.model).items()},
        }
        rows = [*read_log(self.path).to_dict("records"), row]
        with atomic_write(self.path) as partial:
            pd.DataFrame(rows).to_csv(partial, index=False, lineterminator="\n")


def read_log(path: Path) -> Any:
    """Reads a log as text; a missing or empty file has no rows.

    Returns:
        `pandas.DataFrame` of strings, empty where a cell is.

    Raises:
        RuntimeFailure: If it is not a table.
    """
    import pandas as pd

    try:
        return pd.read_csv(
            path, dtype=str, keep_default_na=False, index_col=False
        )
    except (FileNotFoundError, pd.errors.EmptyDataError):
        return pd.DataFrame()
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise RuntimeFailure(
            f"{path} cannot be read: {printable(error)}; start a new run"
        ) from error
