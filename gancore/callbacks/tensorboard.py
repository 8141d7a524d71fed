"""Logs metrics, learning rates, weights and samples for TensorBoard."""

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

_SUBFOLDERS = ("train", "validation", "samples")


class TensorBoard(keras.callbacks.Callback):
    """Writes TensorBoard events once an epoch; epochs count from 1.

    Keras' own callback expects one optimizer, gives the weights of generator
    and EMA generator the same names, and writes epochs twice that a resumed
    training repeats.

    Args:
        folder: Log directory. Gets `train` and `validation`, whose tags are
            equal so that they share a chart, and `samples`.
        write_samples: Writes samples by `tf.summary` to the default writer
            and step.
    """

    def __init__(self, folder: Path, write_samples: Callable[[], None]) -> None:
        super().__init__()
        self.folder = folder
        self.write_samples = write_samples
        self._writers: dict[str, Any] = {}

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self._writers:
            return
        for part in _SUBFOLDERS:
            folder = self.folder / part
            for path in folder.glob("events.out.tfevents.*"):
                drop_events_after(path, epoch)
            self._writers[part] = tf.summary.create_file_writer(str(folder))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for part, writer in self._writers.items():
            with writer.as_default(step=epoch + 1):
                if part == "samples":
                    self.write_samples()
                else:
                    self._write_metrics(part, logs or {})
                if part == "train":
                    self._write_weights()
            writer.flush()

    def _write_metrics(self, part: str, logs: dict[str, Any]) -> None:
        for name, value in logs.items():
            kind = name.removeprefix("val_")
            if (kind != name) == (part == "validation"):
                group = "losses" if kind.endswith("loss") else "metrics"
                tf.summary.scalar(f"{group}/{kind}", value)

    def _write_weights(self) -> None:
        for name, rate in learning_rates(self.model).items():
            tf.summary.scalar(f"learning_rates/{name}", rate)
        for name in ("generator", "discriminator"):
            for weight in getattr(self.model, name).trainable_variables:
                values = keras.ops.convert_to_numpy(weight)
                tf.summary.histogram(f"{name}/{weight.path}", values)


def drop_events_after(path: Path, epoch: int) -> None:
    """Removes the events of later epochs from an event file.

    Args:
        path: File that no process is writing; a partial record at its end,
            left by a killed process, is removed as well.
        epoch: The last epoch that is kept, counted from 1.
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
