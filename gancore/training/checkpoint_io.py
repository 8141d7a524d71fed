"""The files of a training's state: arrays, facts, and a checksum."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from gancore.io.arrays import read_arrays
from gancore.io.atomic import atomic_write

# In the order of names, steps of the next epoch are behind the epoch.
_FILE = re.compile(r"epoch-(\d{6})(?:-step-(\d{9}))?-([0-9a-f]{16})\.npz")
_FACTS = "facts"
_MESSAGE = {
    "facts": dict,
    "epoch": int,
    "step": int,
    "begun_at": int,
    "logs": dict,
    "others": list,
    "log": str,
}
# Networks, averages and moments: many times the largest `.h5` that is read.
_MOST_BYTES = 2**35


def checkpoint_paths(folder: Path) -> list[Path]:
    """Lists the files of states, the oldest first."""
    return sorted(folder.glob("epoch-*.npz"))


def moment(path: Path) -> tuple[int, int]:
    """Gives the epoch after which such a file stands, and steps of the next.

    Raises:
        ValueError: If it is no name of one.
    """
    found = _FILE.fullmatch(path.name)
    if not found:
        raise ValueError(f"{path.name} is no name of a state")
    return int(found[1]), int(found[2] or 0)


def write_checkpoint(
    folder: Path,
    epoch: int,
    step: int,
    arrays: dict[str, np.ndarray],
    message: dict[str, Any],
) -> Path:
    """Writes a file under the name of its checksum.

    Args:
        folder: Made if it is not there.
        epoch: After which it stands.
        step: And after which of the next epoch.
        arrays: By any names but `facts`.
        message: What JSON can hold, under the names that `read_state` asks for.

    Raises:
        FailedWork: If it cannot be written.
    """
    facts = np.frombuffer(json.dumps(message).encode(), dtype=np.uint8)
    memory = io.BytesIO()
    np.savez(memory, **arrays, **{_FACTS: facts})  # type: ignore[arg-type]
    data = memory.getvalue()
    folder.mkdir(exist_ok=True)
    when = f"epoch-{epoch:06d}" + (f"-step-{step:09d}" if step else "")
    path = folder / f"{when}-{_digest(data)}.npz"
    with atomic_write(path) as partial:
        partial.write_bytes(data)
    return path


def read_checkpoint(
    path: Path,
) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Reads such a file; nothing if it is damaged or no state."""
    found = _FILE.fullmatch(path.name)
    if not found or path.stat().st_size > _MOST_BYTES:
        return None
    data = path.read_bytes()
    if _digest(data) != found[3]:
        return None
    # A checksum tells damage, not who wrote the file.
    try:
        arrays = read_arrays(data)
        message = json.loads(arrays.pop(_FACTS).tobytes())
    except (ValueError, LookupError, RecursionError):
        return None
    whole = (
        isinstance(message, dict)
        and all(
            isinstance(message.get(n), kind) for n, kind in _MESSAGE.items()
        )
        and all(isinstance(value, float) for value in message["logs"].values())
        and all(isinstance(other, dict) for other in message["others"])
    )
    return (arrays, message) if whole else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
