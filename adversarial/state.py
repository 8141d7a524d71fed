"""What a training needs to go on where it was stopped, kept each epoch."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from adversarial import __version__
from adversarial.arrays import read_arrays
from adversarial.files import whole_file
from adversarial.messages import FailedWork, UserError, note
from adversarial.model import AdversarialModel

_FILE = re.compile(r"epoch-(\d{6})-([0-9a-f]{16})\.npz")
_FACTS = "facts"
_TOLD = {
    "facts": dict,
    "epoch": int,
    "begun_at": int,
    "logs": dict,
    "others": list,
    "log": str,
}
# Networks, averages and moments: many times the largest `.h5` that is read.
_MOST_BYTES = 2**35
# Two, so that there is one where the last was damaged.
_KEPT = 2


class Remembers(Protocol):
    """Something beside the networks that goes on from epoch to epoch."""

    def get_state(self) -> dict[str, Any]:
        """Gives what it remembers, JSON values and arrays."""

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes that back."""


class State(keras.callbacks.Callback):
    """Keeps the state of a training, and brings it back.

    It has to come last of the callbacks.

    Args:
        folder: Of the run; files go into `state/` there.
        gan: The networks, with both optimizers and all random state.
        others: What else remembers.
        facts: What tells other data or settings apart.

    Attributes:
        epoch: Epochs done before this process, over all stages.
        logs: Of the last of them.
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

    def find(self) -> None:
        """Looks for the newest good file, and begins the log where it ends.

        Raises:
            UserError: If it is of other data or another version.
        """
        for path in sorted(self.folder.glob("epoch-*.npz"), reverse=True):
            arrays = _read(path)
            if arrays is None:
                note(f"{path} is damaged; going on from the one before")
                continue
            told = json.loads(arrays.pop(_FACTS).tobytes())
            for name, value in self.facts.items():
                if told["facts"].get(name) != value:
                    raise UserError(f"{path} is of another {name}")
            self._found = arrays
            self.epoch, self.logs = told["epoch"], told["logs"]
            self._begun_at = told["begun_at"]
            for i, other in enumerate(self.others):
                own = f"other{i}/"
                state = {
                    key.removeprefix(own): value
                    for key, value in arrays.items()
                    if key.startswith(own)
                }
                other.set_state({**told["others"][i], **state})
            with whole_file(self.log) as partial:
                partial.write_text(told["log"], encoding="utf-8")
            return
        # Stopped before the end of its first epoch.
        self.log.unlink(missing_ok=True)

    def begin_stage(self, before: int, epochs: int) -> int:
        """Brings back what this stage goes on with, if it is the one.

        Args:
            before: Epochs of the stages before; the model is compiled.
            epochs: Epochs of this stage.

        Returns:
            How many of them are done.
        """
        if self._found and self._begun_at == before:
            for i, variable in enumerate(_variables(self.gan)):
                variable.assign(self._found[f"variable{i}"])
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
        told = {
            "facts": self.facts,
            "epoch": epoch + 1,
            "begun_at": self._before,
            "logs": {name: float(v) for name, v in (logs or {}).items()},
            "others": others,
            "log": self.log.read_text(encoding="utf-8"),
        }
        data = json.dumps(told).encode()
        arrays[_FACTS] = np.frombuffer(data, dtype=np.uint8)
        _write(self.folder, epoch + 1, arrays)


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


def _write(folder: Path, epoch: int, arrays: dict[str, np.ndarray]) -> None:
    """Writes a file under the name of its checksum, and drops older ones."""
    memory = io.BytesIO()
    np.savez(memory, **arrays)  # type: ignore[arg-type]
    data = memory.getvalue()
    digest = hashlib.sha256(data).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    with whole_file(folder / f"epoch-{epoch:06d}-{digest}.npz") as partial:
        partial.write_bytes(data)
    for old in sorted(folder.glob("epoch-*.npz"))[:-_KEPT]:
        old.unlink()


def _read(path: Path) -> dict[str, np.ndarray] | None:
    found = _FILE.fullmatch(path.name)
    if not found or path.stat().st_size > _MOST_BYTES:
        return None
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest()[:16] != found[2]:
        return None
    # A checksum tells damage, not who wrote the file.
    try:
        arrays = read_arrays(data)
        told = json.loads(arrays[_FACTS].tobytes())
    except (ValueError, LookupError, RecursionError):
        return None
    whole = isinstance(told, dict) and all(
        isinstance(told.get(name), kind) for name, kind in _TOLD.items()
    )
    return arrays if whole else None
