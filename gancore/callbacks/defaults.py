"""The callbacks that watch every training here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from gancore.callbacks.csv_logger import EpochLog
from gancore.callbacks.epoch_printer import EpochLine
from gancore.callbacks.experiment_trackers import make_trackers
from gancore.callbacks.progress_bar import LiveProgress
from gancore.callbacks.tensorboard import TensorBoard
from gancore.callbacks.terminate_on_nonfinite import StopOnNaN
from gancore.training.config import TrainingOptions


def watchers(
    config: TrainingOptions,
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
        StopOnNaN(),
        LiveProgress(leading),
        EpochLine(leading),
        measuring,
        EpochLog(folder / "log.csv"),
    ]
    if config.tensorboard:
        callbacks.append(TensorBoard(folder / "tensorboard", show))
    return callbacks + make_trackers(config, folder)
