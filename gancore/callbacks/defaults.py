"""The callbacks that watch every training here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from gancore.callbacks.csv_logger import CSVLogger
from gancore.callbacks.epoch_printer import EpochPrinter
from gancore.callbacks.experiment_trackers import make_trackers
from gancore.callbacks.progress_bar import ProgressBar
from gancore.callbacks.tensorboard import TensorBoard
from gancore.callbacks.terminate_on_nonfinite import TerminateOnNonFinite
from gancore.training.config import TrainingConfig


def default_callbacks(
    config: TrainingConfig,
    folder: Path,
    leading: Sequence[str],
    measuring: keras.callbacks.Callback,
    show: Callable[[], None],
) -> list[keras.callbacks.Callback]:
    """Gives what watches a training, in the order in which it has to come.

    Args:
        config: Says what there is beside lines and `log.csv`.
        folder: Of the run.
        leading: Names of the metrics shown first, as for `EpochLine`.
        measuring: Adds numbers of its own to an epoch's logs.
        show: Writes samples of the generator as summaries of TensorFlow.
    """
    callbacks = [
        TerminateOnNonFinite(),
        ProgressBar(leading),
        EpochPrinter(leading),
        measuring,
        CSVLogger(folder / "log.csv"),
    ]
    if config.tensorboard:
        callbacks.append(TensorBoard(folder / "tensorboard", show))
    return callbacks + make_trackers(config, folder)
