"""The table of a run: a row for each epoch."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import keras

from adversarial.files import whole_file


class EpochLog(keras.callbacks.Callback):
    """Adds a row to a CSV file after each epoch.

    The file is written anew each time, so that it is whole at any moment and
    has a column for whatever a later stage tells.

    Args:
        path: The file; rows that are in it stay.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        numbers = {name: float(v) for name, v in sorted((logs or {}).items())}
        rows = [*read_rows(self.path), {"epoch": epoch, **numbers}]
        columns = dict.fromkeys(name for row in rows for name in row)
        with (
            whole_file(self.path) as partial,
            partial.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.DictWriter(file, list(columns))
            writer.writeheader()
            writer.writerows(rows)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Reads the rows of such a file, as text; none if there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
