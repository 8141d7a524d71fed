"""Callbacks of every training here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from gancore.callbacks.csv_logger import CSVLogger
from gancore.callbacks.epoch_printer import EpochPrinter
from gancore.callbacks.experiment_trackers import make_experiment_trackers
from gancore.callbacks.progress_bar import ProgressBar
from gancore.callbacks.tensorboard import TensorBoard
from gancore.callbacks.terminate_on_nonfinite import TerminateOnNonFinite
from gancore.training.config import TrainingConfig


def default_callbacks(
    config: TrainingConfig,
    folder: Path,
    leading: Sequence[str],
    monitor: keras.callbacks.Callback,
    write_samples: Callable[[], None],
) -> list[keras.callbacks.Callback]:
    """Builds the callbacks that print and log, in the required order.

    Args:
        config: Configuration, with the optional loggers.
        folder: Folder of the run.
        leading: Names of the metrics printed first, as for `EpochPrinter`.
        monitor: Callback that adds metrics to an epoch's logs.
        write_samples: Writes samples of the generator by `tf.summary`.
    """
    callbacks = [
        TerminateOnNonFinite(),
        ProgressBar(leading),
        EpochPrinter(leading),
        monitor,
        CSVLogger(folder / "log.csv"),
    ]
    if config.tensorboard:
        callbacks.append(TensorBoard(folder / "tensorboard", write_samples))
    return callbacks + make_experiment_trackers(config, folder)
