"""What a training needs to go on where it was stopped."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from gancore import __version__
from gancore.base_gan import BaseGAN
from gancore.callbacks.epoch_printer import Logs
from gancore.errors import RuntimeFailure, UserError, nonfinite_message
from gancore.io.atomic import atomic_write
from gancore.training.checkpoint_io import (
    checkpoint_paths,
    moment,
    read_checkpoint,
    write_checkpoint,
)

logger = logging.getLogger(__name__)


class Stateful(Protocol):
    """Something beside the networks that goes on from epoch to epoch."""

    def get_state(self) -> dict[str, Any]:
        """Gives what it remembers, JSON values and arrays."""
        ...

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes that back."""
        ...


class TrainingCheckpoint(keras.callbacks.Callback):
    """Keeps the state of a training each epoch, and brings it back.

    It has to come behind all callbacks that change or remember anything.

    Raises:
        FailedWork: At the end of an epoch, if a weight is no finite number;
            what was kept before stays.

    Args:
        folder: Of the run; files go into `state/` there.
        gan: The networks, with both optimizers and all random state.
        others: What else remembers.
        facts: What tells other data or settings apart.

    Attributes:
        begun_at: Epochs of the stages before the one that is gone on with.
        epoch: Epochs done before this process, over all stages.
        step: Steps of the next done before it, if that is of the stage begun
            last.
        logs: Of the last epoch, in this process or before it.
    """

    def __init__(
        self,
        folder: Path,
        gan: BaseGAN,
        others: Sequence[Stateful],
        facts: dict[str, Any],
    ) -> None:
        super().__init__()
        self.folder = folder / "state"
        self.log = folder / "log.csv"
        self.gan = gan
        self.others = list(others)
        self.facts = json.loads(json.dumps({"version": __version__, **facts}))
        self.begun_at = self.epoch = self.step = 0
        self.logs: dict[str, float] = {}
        self._step = self._before = self._epoch = self._first = self._done = 0
        # What the epoch means were in the middle of an epoch.
        self._means: list[tuple[Any, Any]] = []
        self._found: dict[str, np.ndarray] = {}
        self._last: Path | None = None

    @property
    def new(self) -> bool:
        """Tells whether there is nothing yet to go on with."""
        return self._last is None

    @property
    def kept(self) -> str:
        """Tells after what a training goes on, in words."""
        if self._last is None:
            return "from the beginning"
        epoch, step = moment(self._last)
        if step:
            return f"after step {step} of epoch {epoch + 1}"
        return f"after epoch {epoch}"

    def find(self, stages: Sequence[int]) -> None:
        """Looks for the newest good file, and begins the log where it ends.

        Args:
            stages: Epochs of each stage.

        Raises:
            UserError: If it is of other data, stages or another version, or
                none is good though epochs were finished.
        """
        paths = checkpoint_paths(self.folder)
        for path in reversed(paths):
            if found := read_checkpoint(path):
                self._take(path, *found, stages)
                if self.epoch == sum(stages):
                    logger.info(
                        f"all {self.epoch} epochs were done; what comes of "
                        "them is written again"
                    )
                return
            logger.warning(f"{path} is damaged; looking for the one before")
        if paths or _rows(self.log) > 1:
            raise UserError(
                f"{self.folder} holds no good state of this training, which "
                "cannot be gone on with; begin a new one"
            )
        logger.info("no epoch had been finished; beginning with the first")
        self.log.unlink(missing_ok=True)

    def begin_stage(self, before: int, epochs: int) -> int:
        """Brings back what this stage goes on with, if it is the one.

        Args:
            before: Epochs of the stages before; the model is compiled.
            epochs: Epochs of this stage.

        Returns:
            How many of them are done.

        Raises:
            UserError: If the state is of networks of other sizes.
        """
        self._before = before
        done = min(max(self.epoch - before, 0), epochs)
        self.step = self._step if self.begun_at == before else 0
        if self._found and self.begun_at == before:
            variables = self._variables(self.step)
            found = {
                name: array.shape
                for name, array in self._found.items()
                if not name.startswith("other")
            }
            if found != {n: tuple(v.shape) for n, v in variables.items()}:
                raise UserError(f"{self._last} is of other networks")
            for name, variable in variables.items():
                if name.startswith("mean"):
                    self._means.append((variable, self._found[name]))
                else:
                    variable.assign(self._found[name])
            self._found = {}
        return done

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch
        self._first = self.step if epoch == self.epoch else 0
        # Keras has just begun them anew.
        for variable, value in self._means:
            variable.assign(value)
        self._means = []

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._done = self._first + batch + 1

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.logs = {name: float(v) for name, v in (logs or {}).items()}
        self._keep(epoch + 1)

    def keep(self) -> None:
        """Keeps the state in the middle of an epoch, as a step has ended.

        Raises:
            FailedWork: As at the end of an epoch.
        """
        self._keep(self._epoch, self._done)

    def _keep(self, epoch: int, step: int = 0) -> None:
        arrays = {
            name: keras.ops.convert_to_numpy(variable)
            for name, variable in self._variables(step).items()
        }
        # A good state is never pushed out by one that is none. A mean may be
        # infinite, as the PSNR of what is met exactly.
        if not all(
            np.isfinite(array).all()
            for name, array in arrays.items()
            if not name.startswith("mean")
        ):
            raise RuntimeFailure(nonfinite_message("a weight", self.gan.stage))
        others = []
        for i, other in enumerate(self.others):
            remembered = other.get_state()
            others.append(
                {
                    key: value
                    for key, value in remembered.items()
                    if not isinstance(value, np.ndarray)
                }
            )
            arrays.update(
                (f"other{i}/{key}", value)
                for key, value in remembered.items()
                if isinstance(value, np.ndarray)
            )
        message = {
            "facts": self.facts,
            "epoch": epoch,
            "step": step,
            "begun_at": self._before,
            "logs": self.logs,
            "others": others,
            # Its bytes, whatever ends its lines.
            "log": self.log.read_bytes().decode() if self.log.exists() else "",
        }
        path = write_checkpoint(self.folder, epoch, step, arrays, message)
        # The last two good ones: a damaged one is none of them.
        for old in set(checkpoint_paths(self.folder)) - {path, self._last}:
            old.unlink()
        self._last = path

    def _variables(self, step: int) -> dict[str, Any]:
        """Names all that changes; epoch means only where an epoch goes on."""
        gan = self.gan
        networks = [
            *gan.variables,
            *gan.g_optimizer.variables,
            *gan.d_optimizer.variables,
            *gan.more_state,
        ]
        trackers = gan.trackers if step else []
        means = [v for tracker in trackers for v in tracker.variables]
        return {
            **{f"variable{i}": v for i, v in enumerate(networks)},
            **{f"mean{i}": v for i, v in enumerate(means)},
        }

    def _take(
        self,
        path: Path,
        arrays: dict[str, np.ndarray],
        message: dict[str, Any],
        stages: Sequence[int],
    ) -> None:
        for name, value in self.facts.items():
            if message["facts"].get(name) != value:
                raise UserError(f"{path} is of another {name}")
        self.epoch, self.logs = message["epoch"], message["logs"]
        self.begun_at, self._step = message["begun_at"], message["step"]
        ends = list(itertools.accumulate(stages))
        if self._step < 0 or not any(
            begin == self.begun_at and self.epoch + bool(self._step) <= end
            for begin, end in zip([0, *ends], ends, strict=False)
        ):
            raise UserError(f"{path} is of stages of other lengths")
        for i, other in enumerate(self.others):
            own = f"other{i}/"
            state = {
                key.removeprefix(own): value
                for key, value in arrays.items()
                if key.startswith(own)
            }
            try:
                other.set_state({**message["others"][i], **state})
            except (LookupError, TypeError, ValueError) as error:
                raise UserError(
                    f"{path} lacks what a callback remembers: {error}"
                ) from error
        with atomic_write(self.log) as partial:
            partial.write_bytes(message["log"].encode(errors="replace"))
        self._found, self._last = arrays, path


def _rows(log: Path) -> int:
    """Counts the epochs of a log."""
    if not log.exists():
        return 0
    return len(log.read_text(encoding="utf-8").splitlines()) - 1
