"""Reads arrays that anyone may have written."""

from __future__ import annotations

import io
import zipfile

import numpy as np

# Compressed weights are hardly smaller than weights.
_MOST_GROWTH = 4


def read_arrays(data: bytes) -> dict[str, np.ndarray]:
    """Reads an `.npz`, without the objects that pickle would make.

    Args:
        data: The bytes of the file.

    Raises:
        ValueError: If it is none, or unpacks to far more than it is.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > _MOST_GROWTH * len(data):
            raise ValueError(f"it unpacks to {unpacked} bytes")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return dict(arrays)
    # An array may be declared larger than memory and hold nothing.
    except (
        OSError, EOFError, LookupError, MemoryError, OverflowError,
        RuntimeError, SyntaxError, TypeError, zipfile.BadZipFile,
        NotImplementedError,
    ) as error:  # fmt: skip
        raise ValueError(str(error) or type(error).__name__) from error
