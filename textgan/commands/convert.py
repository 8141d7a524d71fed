"""The command `convert`: files of version 0.1 written anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gancore.saving.convert import ConvertOptions, Reader, convert

if TYPE_CHECKING:
    import keras

__all__ = ["ConvertOptions", "run"]


def run(options: ConvertOptions) -> int:
    """Writes an `.h5` that every Keras loads and that names its origin.

    Returns:
        0.
    """
    return convert(options, _reader, _facts, "textgan")


def _reader() -> Reader:
    from textgan.inference.load import read_any

    return read_any


def _facts(network: keras.Model) -> dict[str, Any]:
    return {}
