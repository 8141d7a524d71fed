"""A stage of a training, begun or gone on with, which Ctrl-C may stop."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras

from gancore.base_gan import BaseGAN
from gancore.distribute.strategy import of_several_hosts
from gancore.errors import TrainingInterrupted
from gancore.training.checkpoint import TrainingCheckpoint
from gancore.training.interrupts import Interrupts


def fit_stage(
    gan: BaseGAN,
    data: Callable[..., dict[str, Any]],
    state: TrainingCheckpoint,
    before: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Fits what is left of a stage.

    Ctrl-C and SIGTERM keep the state as the step ends. Processes that train
    together are in different steps when they hear of it; there the state of
    the last epoch is what stays.

    Args:
        gan: Compiled for the stage.
        data: Gives what `fit` takes of data behind so many epochs of the
            stage and so many steps of the next.
        state: Of the training; it comes behind all callbacks.
        before: Epochs of the stages before.
        epochs: Epochs of this stage.
        callbacks: For `fit`.

    Raises:
        Stopped: If it was stopped, with the words that go on.
        UserError: If the state is of other networks, stages or data.
    """
    done = state.begin_stage(before, epochs)
    if done == epochs:
        return
    interrupts = Interrupts()
    asked = _StopWhenAsked(interrupts, state)

    def fit(*more: keras.callbacks.Callback, step: int = 0) -> None:
        gan.fit(
            **data(done, step),
            initial_epoch=before + done,
            epochs=before + epochs,
            verbose=0,
            shuffle=False,  # the data shuffle themselves
            callbacks=[*callbacks, state, *more],
        )

    together = of_several_hosts(gan.distribute_strategy)
    try:
        with nullcontext() if together else interrupts.heard():
            if state.step:
                # Of an epoch that was begun, the steps that are left.
                fit(asked, _OneEpoch(), step=state.step)
                done += 1
            if done < epochs:
                fit(asked)
    except KeyboardInterrupt:
        raise _stopped(state, interrupts) from None


class _OneEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = True


class _StopWhenAsked(keras.callbacks.Callback):
    def __init__(
        self, interrupts: Interrupts, state: TrainingCheckpoint
    ) -> None:
        super().__init__()
        self.interrupts = interrupts
        self.state = state

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # The last step's state would lack the validation that follows.
        if self.interrupts.asked and batch + 1 < self.params["steps"]:
            self.state.keep()
            raise _stopped(self.state, self.interrupts)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.interrupts.asked:
            raise _stopped(self.state, self.interrupts)


def _stopped(
    state: TrainingCheckpoint, interrupts: Interrupts
) -> TrainingInterrupted:
    folder = shlex.quote(str(state.folder.parent))
    return TrainingInterrupted(
        f"stopped; this goes on {state.kept}: "
        f"{_program(sys.argv)} --resume {folder}",
        128 + (interrupts.asked or signal.SIGINT),
    )


def _program(argv: Sequence[str]) -> str:
    """Returns how this program is called, without its options."""
    path = Path(argv[0])
    if path.name == "__main__.py":
        return f"python -m {path.parent.name} {argv[1]}"
    if path.suffix == ".py":
        return f"python {argv[0]}"
    return f"{path.name} {argv[1]}"
