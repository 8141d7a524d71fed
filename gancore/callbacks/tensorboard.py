"""Events for TensorBoard: numbers, rates, weights, and samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.core.util import event_pb2

from gancore.callbacks.csv_logger import learning_rates
from gancore.callbacks.epoch_printer import Logs
from gancore.io.atomic import atomic_write

_PARTS = ("train", "validation", "samples")


class TensorBoard(keras.callbacks.Callback):
    """Writes what TensorBoard shows, once an epoch, by epochs from 1.

    Keras' own callback knows one optimizer, gives the weights of a generator
    and of its average the same names, and writes epochs twice where a
    training goes on from before them.

    Args:
        folder: Gets `train` and `validation`, whose numbers have the same
            names so that they share a chart, and `samples`.
        show: Writes samples by `tf.summary`, with text generator and step as they
            are.
    """

    def __init__(self, folder: Path, show: Callable[[], None]) -> None:
        super().__init__()
        self.folder = folder
        self.show = show
        self._writers: dict[str, Any] = {}

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self._writers:
            return
        for part in _PARTS:
            folder = self.folder / part
            for path in folder.glob("events.out.tfevents.*"):
                drop_events_after(path, epoch)
            self._writers[part] = tf.summary.create_file_writer(str(folder))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for part, writer in self._writers.items():
            with writer.as_default(step=epoch + 1):
                if part == "samples":
                    self.show()
                else:
                    self._write_numbers(part, logs or {})
                if part == "train":
                    self._write_networks()
            writer.flush()

    def _write_numbers(self, part: str, logs: dict[str, Any]) -> None:
        for name, value in logs.items():
            kind = name.removeprefix("val_")
            if (kind != name) == (part == "validation"):
                group = "losses" if kind.endswith("loss") else "metrics"
                tf.summary.scalar(f"{group}/{kind}", value)

    def _write_networks(self) -> None:
        for name, rate in learning_rates(self.model).items():
            tf.summary.scalar(f"learning_rates/{name}", rate)
        for name in ("generator", "discriminator"):
            for weight in getattr(self.model, name).trainable_variables:
                values = keras.ops.convert_to_numpy(weight)
                tf.summary.histogram(f"{name}/{weight.path}", values)


def drop_events_after(path: Path, epoch: int) -> None:
    """Takes what is of later epochs out of a file of events.

    Args:
        path: File that no process writes any more; what a killed one left
            half-written at its end goes as well.
        epoch: The last that stays, counted from 1.
    """
    with (
        atomic_write(path) as partial,
        tf.io.TFRecordWriter(str(partial)) as writer,
        contextlib.suppress(tf.errors.DataLossError),
    ):
        for record in tf.data.TFRecordDataset(str(path)):
            data = record.numpy()
            if event_pb2.Event.FromString(data).step <= epoch:
                writer.write(data)
