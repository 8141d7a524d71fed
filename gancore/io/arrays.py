"""Reads arrays from untrusted files."""

from __future__ import annotations

import io
import zipfile

import numpy as np

# Weights hardly compress.
_MAX_RATIO = 4


def read_arrays(data: bytes) -> dict[str, np.ndarray]:
    """Reads an `.npz` without pickle.

    Args:
        data: The bytes of the file.

    Raises:
        ValueError: If it is damaged, or unpacks to far more than its size.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > _MAX_RATIO * len(data):
            raise ValueError(f"it unpacks to {unpacked} bytes")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return dict(arrays)
    # An empty array may be declared larger than memory.
    except (
        OSError, EOFError, LookupError, MemoryError, OverflowError,
        RuntimeError, SyntaxError, TypeError, zipfile.BadZipFile,
        NotImplementedError,
    ) as error:  # fmt: skip
        raise ValueError(str(error) or type(error).__name__) from error
