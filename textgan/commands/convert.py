"""The command `convert`: for files of version 0.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gancore.saving.convert import ConvertOptions, Reader, convert

if TYPE_CHECKING:
    import keras

__all__ = ["ConvertOptions", "run"]


def run(options: ConvertOptions) -> int:
    """Writes an `.h5` that every Keras loads, with metadata.

    Returns:
        0.
    """
    return convert(options, _reader, _describe, "textgan")


def _reader() -> Reader:
    from textgan.inference.load import read_any

    return read_any


def _describe(network: keras.Model) -> dict[str, Any]:
    return {}
