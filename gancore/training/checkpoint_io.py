"""Files of training checkpoints: arrays, metadata and a checksum."""

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

# Names sort in time: after an epoch come the steps of the next one.
_NAME = re.compile(r"epoch-(\d{6})(?:-step-(\d{9}))?-([0-9a-f]{16})\.npz")
_METADATA = "facts"
_METADATA_TYPES = {
    "facts": dict,
    "epoch": int,
    "step": int,
    "begun_at": int,
    "logs": dict,
    "others": list,
    "log": str,
}
# Weights, EMA weights and moments: many times the largest `.h5` that is read.
_MAX_BYTES = 2**35


def checkpoint_paths(folder: Path) -> list[Path]:
    """Lists the checkpoint files in a folder, oldest first."""
    return sorted(folder.glob("epoch-*.npz"))


def parse_name(path: Path) -> tuple[int, int]:
    """Parses the epochs done, and steps of the next, from a file's name.

    Raises:
        ValueError: If it is not the name of a checkpoint.
    """
    found = _NAME.fullmatch(path.name)
    if not found:
        raise ValueError(f"{path.name} is not the name of a checkpoint")
    return int(found[1]), int(found[2] or 0)


def write_checkpoint(
    folder: Path,
    epoch: int,
    step: int,
    arrays: dict[str, np.ndarray],
    metadata: dict[str, Any],
) -> Path:
    """Writes a checkpoint file, named after its time and its checksum.

    Args:
        folder: Created if it does not exist.
        epoch: Number of epochs done.
        step: Number of steps of the next epoch done.
        arrays: Name -> array; the name `facts` is reserved.
        metadata: JSON values, with the keys that `read_checkpoint` checks.

    Returns:
        Its path.

    Raises:
        RuntimeFailure: If it cannot be written.
    """
    encoded = np.frombuffer(json.dumps(metadata).encode(), dtype=np.uint8)
    memory = io.BytesIO()
    np.savez(memory, **arrays, **{_METADATA: encoded})  # type: ignore[arg-type]
    data = memory.getvalue()
    folder.mkdir(exist_ok=True)
    time = f"epoch-{epoch:06d}" + (f"-step-{step:09d}" if step else "")
    path = folder / f"{time}-{_checksum(data)}.npz"
    with atomic_write(path) as partial:
        partial.write_bytes(data)
    return path


def read_checkpoint(
    path: Path,
) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Reads arrays and metadata; `None` if damaged or not a checkpoint."""
    found = _NAME.fullmatch(path.name)
    if not found or path.stat().st_size > _MAX_BYTES:
        return None
    data = path.read_bytes()
    if _checksum(data) != found[3]:
        return None
    # A checksum detects damage; an untrusted file can have a right one.
    try:
        arrays = read_arrays(data)
        metadata = json.loads(arrays.pop(_METADATA).tobytes())
    except (ValueError, LookupError, RecursionError):
        return None
    valid = (
        isinstance(metadata, dict)
        and all(
            isinstance(metadata.get(key), kind)
            for key, kind in _METADATA_TYPES.items()
        )
        and all(isinstance(value, float) for value in metadata["logs"].values())
        and all(isinstance(other, dict) for other in metadata["others"])
    )
    return (arrays, metadata) if valid else None


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
