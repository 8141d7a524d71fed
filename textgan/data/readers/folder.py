"""A folder of `.txt` files, each of which is one text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gancore.errors import UserError
from textgan.data.readers.encodings import (
    MAX_LINE,
    find_encoding,
    open_lines,
)
from textgan.data.readers.options import ReadOptions, Record
from textgan.data.readers.source import Source


def text_files(folder: Path) -> list[Path]:
    """Returns the `.txt` files of a folder and of those in it, sorted."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() == ".txt" and path.is_file()
    )


def read_folder(folder: Path, options: ReadOptions) -> Iterator[Record]:
    """Reads each file as one text.

    Args:
        folder: The folder.
        options: The encoding is used.

    Raises:
        UserError: If a file cannot be read or is too large for one text.
    """
    for number, path in enumerate(text_files(folder), start=1):
        if not path.stat().st_size:
            yield Record(number, "")
            continue
        source = Source(path)
        encoding = find_encoding(source, options.encoding)
        with open_lines(source, encoding) as file:
            text = file.read(MAX_LINE + 1)
        if len(text) > MAX_LINE:
            raise UserError(
                f"{path} has more than {MAX_LINE:,} characters; each file of a "
                "folder is one text"
            )
        yield Record(number, text)
