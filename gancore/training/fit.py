"""Fits one stage of a training; Ctrl-C and SIGTERM save a checkpoint first."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import keras

from gancore.base_gan import BaseGAN
from gancore.distribute.strategy import is_multi_worker
from gancore.errors import TrainingInterrupted
from gancore.training.checkpoint import TrainingCheckpoint

_STOPPING = (
    "info: stopping when the step or validation ends; again: immediately"
)


def fit_stage(
    gan: BaseGAN,
    data: Callable[[int, int], dict[str, Any]],
    checkpoint: TrainingCheckpoint,
    stage_start: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Fits the rest of a stage.

    Ctrl-C or SIGTERM saves a checkpoint when the step ends. Workers that train
    together receive a signal in different steps, so there the checkpoint of
    the last epoch is the one to resume from.

    Args:
        gan: Compiled for the stage.
        data: Called with the epochs of the stage and the steps of the next
            epoch that are done; returns the data arguments of `fit` after
            them.
        checkpoint: Checkpoint of the training, the last callback.
        stage_start: Number of epochs of the stages before.
        epochs: Number of epochs of this stage.
        callbacks: Other callbacks of `fit`.

    Raises:
        TrainingInterrupted: If a signal arrived; names the command that
            resumes.
        UserError: If the checkpoint is of different networks.
    """
    done = checkpoint.restore_stage(stage_start, epochs)
    if done == epochs:
        return
    signals = StopSignals()
    stop_on_signal = _StopOnSignal(signals, checkpoint)

    def fit(*more: keras.callbacks.Callback, step: int = 0) -> None:
        gan.fit(
            **data(done, step),
            initial_epoch=stage_start + done,
            epochs=stage_start + epochs,
            verbose=0,
            shuffle=False,  # the dataset shuffles
            callbacks=[*callbacks, checkpoint, *more],
        )

    multi_worker = is_multi_worker(gan.distribute_strategy)
    try:
        with nullcontext() if multi_worker else signals.handled():
            if checkpoint.step:
                # The remaining steps of an epoch that was interrupted.
                fit(stop_on_signal, _StopAfterEpoch(), step=checkpoint.step)
                done += 1
            if done < epochs:
                fit(stop_on_signal)
    except KeyboardInterrupt:
        raise _interrupted(checkpoint, signals) from None


class StopSignals:
    """Handles Ctrl-C (SIGINT) and SIGTERM at the end of a step.

    Attributes:
        received: Number of the first signal; 0 before it.
    """

    def __init__(self) -> None:
        self.received = 0

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Records the first signal; the second raises.

        Signals that are ignored stay ignored. In any other thread than the
        main one, where Python handles no signals, nothing changes.

        Raises:
            KeyboardInterrupt: At the second signal.
        """
        handlers = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    handlers[number] = signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: Any) -> None:
        if self.received:
            raise KeyboardInterrupt
        self.received = number
        # Logging is not safe here: the stream may be in the middle of a write.
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        os.write(2, f"{clear}{_STOPPING}\n".encode())


class _StopAfterEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = True


class _StopOnSignal(keras.callbacks.Callback):
    def __init__(
        self, signals: StopSignals, checkpoint: TrainingCheckpoint
    ) -> None:
        super().__init__()
        self.signals = signals
        self.checkpoint = checkpoint

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # After the last step the validation has to run first.
        if self.signals.received and batch + 1 < self.params["steps"]:
            self.checkpoint.save()
            raise _interrupted(self.checkpoint, self.signals)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.signals.received:
            raise _interrupted(self.checkpoint, self.signals)


def _interrupted(
    checkpoint: TrainingCheckpoint, signals: StopSignals
) -> TrainingInterrupted:
    folder = shlex.quote(str(checkpoint.folder.parent))
    return TrainingInterrupted(
        f"stopped; resume {checkpoint.position}: "
        f"{_program(sys.argv)} --resume {folder}",
        128 + (signals.received or signal.SIGINT),
    )


def _program(argv: Sequence[str]) -> str:
    """Returns how this program is called, without its options."""
    path = Path(argv[0])
    if path.name == "__main__.py":
        return f"python -m {path.parent.name} {argv[1]}"
    if path.suffix == ".py":
        return f"python {argv[0]}"
    return f"{path.name} {argv[1]}"
