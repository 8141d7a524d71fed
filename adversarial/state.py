"""What a training needs to go on where it was stopped, kept each epoch."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from adversarial import __version__
from adversarial.files import whole_file
from adversarial.messages import FailedWork, UserError, broken, note
from adversarial.model import AdversarialModel
from adversarial.state_files import read_state, state_paths, write_state


class Remembers(Protocol):
    """Something beside the networks that goes on from epoch to epoch."""

    def get_state(self) -> dict[str, Any]:
        """Gives what it remembers, JSON values and arrays."""
        ...

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes that back."""
        ...


class State(keras.callbacks.Callback):
    """Keeps the state of a training, and brings it back.

    It has to come last of the callbacks.

    Raises:
        FailedWork: At the end of an epoch, if a weight is no finite number;
            what was kept before stays.

    Args:
        folder: Of the run; files go into `state/` there.
        gan: The networks, with both optimizers and all random state.
        others: What else remembers.
        facts: What tells other data or settings apart.

    Attributes:
        epoch: Epochs done before this process, over all stages.
        logs: Of the last epoch, in this process or before it.
    """

    def __init__(
        self,
        folder: Path,
        gan: AdversarialModel,
        others: Sequence[Remembers],
        facts: dict[str, Any],
    ) -> None:
        super().__init__()
        self.folder = folder / "state"
        self.log = folder / "log.csv"
        self.gan = gan
        self.others = list(others)
        self.facts = json.loads(json.dumps({"version": __version__, **facts}))
        self.epoch = 0
        self.logs: dict[str, float] = {}
        self._before = self._begun_at = 0
        self._found: dict[str, np.ndarray] = {}
        self._last: Path | None = None

    def find(self, stages: Sequence[int]) -> None:
        """Looks for the newest good file, and begins the log where it ends.

        Args:
            stages: Epochs of each stage.

        Raises:
            UserError: If it is of other data, stages or another version, or
                none is good though epochs were finished.
        """
        paths = state_paths(self.folder)
        for path in reversed(paths):
            if found := read_state(path):
                self._take(path, *found, stages)
                return
            note(f"{path} is damaged; looking for the one before")
        if paths or _rows(self.log) > 1:
            raise UserError(
                f"{self.folder} holds no good state of this training, which "
                "cannot be gone on with; begin a new one"
            )
        note("no epoch had been finished; beginning with the first")
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
        if self._found and self._begun_at == before:
            variables = _variables(self.gan)
            names = [f"variable{i}" for i in range(len(variables))]
            found = {
                name: array.shape
                for name, array in self._found.items()
                if not name.startswith("other")
            }
            if found != {
                name: tuple(variable.shape)
                for name, variable in zip(names, variables, strict=True)
            }:
                raise UserError(f"{self._last} is of other networks")
            for name, variable in zip(names, variables, strict=True):
                variable.assign(self._found[name])
            self._found = {}
        self._before = before
        return min(max(self.epoch - before, 0), epochs)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        arrays = {
            f"variable{i}": keras.ops.convert_to_numpy(variable)
            for i, variable in enumerate(_variables(self.gan))
        }
        # A good state is never pushed out by one that is none.
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise FailedWork(broken("a weight", self.gan.phase))
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
        self.logs = {name: float(v) for name, v in (logs or {}).items()}
        told = {
            "facts": self.facts,
            "epoch": epoch + 1,
            "begun_at": self._before,
            "logs": self.logs,
            "others": others,
            # Its bytes, whatever ends its lines.
            "log": self.log.read_bytes().decode(),
        }
        path = write_state(self.folder, epoch + 1, arrays, told)
        # The last two good ones: a damaged one is none of them.
        for old in set(state_paths(self.folder)) - {path, self._last}:
            old.unlink()
        self._last = path

    def _take(
        self,
        path: Path,
        arrays: dict[str, np.ndarray],
        told: dict[str, Any],
        stages: Sequence[int],
    ) -> None:
        for name, value in self.facts.items():
            if told["facts"].get(name) != value:
                raise UserError(f"{path} is of another {name}")
        self.epoch, self.logs = told["epoch"], told["logs"]
        self._begun_at = told["begun_at"]
        ends = list(itertools.accumulate(stages))
        if not any(
            begin == self._begun_at and self.epoch <= end
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
                other.set_state({**told["others"][i], **state})
            except (LookupError, TypeError, ValueError) as error:
                raise UserError(
                    f"{path} lacks what a callback remembers: {error}"
                ) from error
        with whole_file(self.log) as partial:
            partial.write_bytes(told["log"].encode(errors="replace"))
        self._found, self._last = arrays, path


@contextlib.contextmanager
def told_how_to_go_on(folder: Path) -> Iterator[None]:
    """Says after an interrupt how the training can go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise FailedWork(
            f"stopped; --resume {folder} goes on from the end of the last epoch"
        ) from None


def _variables(gan: AdversarialModel) -> list[Any]:
    return [
        *gan.variables,
        *gan.g_optimizer.variables,
        *gan.d_optimizer.variables,
        *gan.more_state,
    ]


def _rows(log: Path) -> int:
    """Counts the epochs of a log."""
    if not log.exists():
        return 0
    return len(log.read_text(encoding="utf-8").splitlines()) - 1
