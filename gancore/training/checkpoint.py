"""Checkpoints of a training, from which it resumes bit-identically."""

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
from gancore.callbacks.csv_logger import read_log
from gancore.callbacks.epoch_printer import Logs
from gancore.errors import RuntimeFailure, UserError, nonfinite_message
from gancore.io.atomic import atomic_write
from gancore.training.checkpoint_io import (
    checkpoint_paths,
    parse_name,
    read_checkpoint,
    write_checkpoint,
)

logger = logging.getLogger(__name__)

# Of the metadata; a checkpoint without one is of version 0.1.
FORMAT = 2


class Stateful(Protocol):
    """A callback whose state is saved and restored with the networks."""

    def get_state(self) -> dict[str, Any]:
        """Returns its state: JSON values and arrays by name."""
        ...

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores a state that `get_state` returned."""
        ...


class TrainingCheckpoint(keras.callbacks.Callback):
    """Saves the state of a training each epoch, and restores it.

    It has to be the last callback that changes or holds any state. The last
    two checkpoints are kept.

    Args:
        folder: Folder of the run; files are written to `state/` in it.
        gan: Both networks, with their optimizers and all random state.
        stateful: Callbacks whose state is saved as well.
        facts: What identifies the data; a checkpoint with other facts is
            refused.

    Attributes:
        stage_start: Number of epochs of the stages before the resumed one.
        epoch: Number of epochs done before this process, over all stages.
        step: Number of steps of the next epoch done before it, in the stage
            that `restore_stage` was called for.
        logs: Logs of the last epoch, in this process or before it.

    Raises:
        RuntimeFailure: At the end of an epoch, if a weight is NaN or infinite;
            earlier checkpoints are kept.
    """

    def __init__(
        self,
        folder: Path,
        gan: BaseGAN,
        stateful: Sequence[Stateful],
        facts: dict[str, Any],
    ) -> None:
        super().__init__()
        self.folder = folder / "state"
        self.log = folder / "log.csv"
        self.gan = gan
        self.stateful = list(stateful)
        facts = {"version": __version__, "format": FORMAT, **facts}
        self.facts = json.loads(json.dumps(facts))
        self.stage_start = self.epoch = self.step = 0
        self.logs: dict[str, float] = {}
        # Of this process: its stage's start, epoch, first step and steps done.
        self._start = self._epoch = self._first_step = self._steps_done = 0
        self._restored_step = 0
        # Trackers and their values in the middle of the restored epoch.
        self._metric_values: list[tuple[Any, Any]] = []
        self._arrays: dict[str, np.ndarray] = {}
        self._last: Path | None = None

    @property
    def is_new(self) -> bool:
        """Whether there is no checkpoint yet."""
        return self._last is None

    @property
    def position(self) -> str:
        """Where a resumed training starts, for messages."""
        if self._last is None:
            return "from the start"
        epoch, step = parse_name(self._last)
        if step:
            return f"after step {step} of epoch {epoch + 1}"
        return f"after epoch {epoch}"

    def restore(self, stages: Sequence[int]) -> None:
        """Restores the newest undamaged checkpoint, and `log.csv` with it.

        The variables follow when their stage is compiled, by `restore_stage`.

        Args:
            stages: Number of epochs of each stage.

        Raises:
            UserError: If it is of different data, stages or another version,
                or all are damaged though an epoch was done.
        """
        paths = checkpoint_paths(self.folder)
        for path in reversed(paths):
            if found := read_checkpoint(path):
                self._restore_from(path, *found, stages)
                if self.epoch == sum(stages):
                    logger.info(
                        f"all {self.epoch} epochs are done; the results are "
                        "written again"
                    )
                return
            logger.warning(f"{path} is damaged; trying the one before")
        if paths or len(read_log(self.log)) > 1:
            raise UserError(
                f"{self.folder} has no undamaged checkpoint, so this training "
                "cannot be resumed; start a new one"
            )
        logger.info("no epoch was done; starting with the first")
        self.log.unlink(missing_ok=True)

    def restore_stage(self, stage_start: int, epochs: int) -> int:
        """Restores the variables, if the checkpoint is of this stage.

        Args:
            stage_start: Number of epochs of the stages before; the model is
                compiled.
            epochs: Number of epochs of this stage.

        Returns:
            Number of epochs of this stage that are done.

        Raises:
            UserError: If the checkpoint is of networks of other shapes.
        """
        self._start = stage_start
        done = min(max(self.epoch - stage_start, 0), epochs)
        resumed = self.stage_start == stage_start
        self.step = self._restored_step if resumed else 0
        if self._arrays and resumed:
            variables = self._variables(self.step)
            shapes = {
                name: array.shape
                for name, array in self._arrays.items()
                if not name.startswith("other")
            }
            if shapes != {n: tuple(v.shape) for n, v in variables.items()}:
                raise UserError(
                    f"{self._last} is of different networks, so this training "
                    "cannot be resumed; start a new one"
                )
            for name, variable in variables.items():
                if name.startswith("mean"):
                    value = self._arrays[name]
                    self._metric_values.append((variable, value))
                else:
                    variable.assign(self._arrays[name])
            self._arrays = {}
        return done

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch
        self._first_step = self.step if epoch == self.epoch else 0
        # `fit` has just reset them.
        for variable, value in self._metric_values:
            variable.assign(value)
        self._metric_values = []

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._steps_done = self._first_step + batch + 1

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.logs = {name: float(v) for name, v in (logs or {}).items()}
        self._save(epoch + 1)

    def save(self) -> None:
        """Saves a checkpoint in the middle of an epoch, after a step.

        Raises:
            RuntimeFailure: As at the end of an epoch.
        """
        self._save(self._epoch, self._steps_done)

    def _save(self, epoch: int, step: int = 0) -> None:
        arrays = {
            name: keras.ops.convert_to_numpy(variable)
            for name, variable in self._variables(step).items()
        }
        # A good checkpoint is never replaced by one with NaN. A metric may be
        # infinite, as the PSNR of equal images.
        if not all(
            np.isfinite(array).all()
            for name, array in arrays.items()
            if not name.startswith("mean")
        ):
            raise RuntimeFailure(nonfinite_message("a weight", self.gan.stage))
        others = []
        for i, callback in enumerate(self.stateful):
            state = callback.get_state()
            others.append(
                {
                    key: value
                    for key, value in state.items()
                    if not isinstance(value, np.ndarray)
                }
            )
            arrays.update(
                (f"other{i}/{key}", value)
                for key, value in state.items()
                if isinstance(value, np.ndarray)
            )
        metadata = {
            "facts": self.facts,
            "epoch": epoch,
            "step": step,
            "begun_at": self._start,
            "logs": self.logs,
            "others": others,
            # Bytes, so that line endings stay.
            "log": self.log.read_bytes().decode() if self.log.exists() else "",
        }
        path = write_checkpoint(self.folder, epoch, step, arrays, metadata)
        # Keeps the last two good ones; a damaged one is neither.
        for old in set(checkpoint_paths(self.folder)) - {path, self._last}:
            old.unlink()
        self._last = path

    def _variables(self, step: int) -> dict[str, Any]:
        """Names all variables; those of metrics only within an epoch."""
        gan = self.gan
        variables = [
            *gan.variables,
            *gan.g_optimizer.variables,
            *gan.d_optimizer.variables,
            *gan.extra_state,
        ]
        trackers = gan.trackers if step else []
        means = [v for tracker in trackers for v in tracker.variables]
        return {
            **{f"variable{i}": v for i, v in enumerate(variables)},
            **{f"mean{i}": v for i, v in enumerate(means)},
        }

    def _restore_from(
        self,
        path: Path,
        arrays: dict[str, np.ndarray],
        metadata: dict[str, Any],
        stages: Sequence[int],
    ) -> None:
        for name, value in self.facts.items():
            if metadata["facts"].get(name) != value:
                raise UserError(_mismatch(path, name))
        self.epoch, self.logs = metadata["epoch"], metadata["logs"]
        self.stage_start = metadata["begun_at"]
        self._restored_step = metadata["step"]
        ends = list(itertools.accumulate(stages))
        if self._restored_step < 0 or not any(
            start == self.stage_start
            and self.epoch + bool(self._restored_step) <= end
            for start, end in zip([0, *ends], ends, strict=False)
        ):
            raise UserError(
                f"{path} is of stages of other lengths, so this training "
                "cannot be resumed; start a new one"
            )
        for i, callback in enumerate(self.stateful):
            prefix = f"other{i}/"
            state = {
                key.removeprefix(prefix): value
                for key, value in arrays.items()
                if key.startswith(prefix)
            }
            try:
                callback.set_state({**metadata["others"][i], **state})
            except (LookupError, TypeError, ValueError) as error:
                raise UserError(
                    f"{path} lacks the state of a callback: {error}"
                ) from error
        with atomic_write(self.log) as partial:
            partial.write_bytes(metadata["log"].encode(errors="replace"))
        self._arrays, self._last = arrays, path


def _mismatch(path: Path, fact: str) -> str:
    """Returns why a checkpoint with another fact is refused."""
    if fact in ("version", "format"):
        return (
            f"{path} was written by another version of this program; resume "
            "the run with that version, or start a new one"
        )
    return (
        f"{path} is of different {fact}; resume the run with the {fact} it "
        "started with, or start a new one"
    )
