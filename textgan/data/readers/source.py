"""The bytes of a file, of a `.gz` file or of standard input."""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from gancore.errors import UserError

STDIN = "-"
# First bytes -> what such a file is.
_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Microsoft Office file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"(\xb5/\xfd": "a Zstandard file",
}
_HEAD = 2**16
# Control characters that texts hold: tabs, line breaks and escapes.
_PLAIN_CONTROLS = frozenset(b"\t\n\v\f\r\x1a\x1b")
_MAX_CONTROLS = 0.01


class Source:
    """Bytes that can be read more than once.

    Args:
        path: A file; `-` is standard input, which is read here.

    Attributes:
        path: The file, or a temporary copy of standard input.
        name: What messages call it.
        suffix: Lower-case suffix, without `.gz`; empty for standard input.
        is_gzip: Whether it is decompressed.

    Raises:
        UserError: If it cannot be read or is empty.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.path = path
        if str(path) == STDIN:
            self.name = "standard input"
            # Deleted when this object is.
            self._copy = tempfile.NamedTemporaryFile()  # noqa: SIM115
            shutil.copyfileobj(sys.stdin.buffer, self._copy)
            self._copy.flush()
            self.path = Path(self._copy.name)
        suffixes = [suffix.lower() for suffix in path.suffixes]
        try:
            with self.path.open("rb") as file:
                self.is_gzip = file.read(2) == b"\x1f\x8b"
        except OSError as error:
            raise UserError(
                f"cannot read {self.name}: {error.strerror}"
            ) from error
        if suffixes[-1:] == [".gz"]:
            suffixes.pop()
        self.suffix = suffixes[-1] if suffixes else ""
        with self.open() as file:
            self.head = file.read(_HEAD)
        if not self.head:
            raise UserError(f"{self.name} is empty")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Opens the decompressed bytes.

        Raises:
            UserError: Also within the block, if the file cannot be read or
                decompressed.
        """
        try:
            if self.is_gzip:
                with gzip.open(self.path) as file:
                    yield cast(IO[bytes], file)
            else:
                with self.path.open("rb") as plain:
                    yield plain
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UserError(
                f"{self.name} is a damaged or incomplete gzip file ({error})"
            ) from error
        except OSError as error:
            raise UserError(
                f"cannot read {self.name}: {error.strerror}"
            ) from error

    def signature(self) -> str:
        """Returns what kind of binary file it is, or an empty string."""
        for first, kind in _SIGNATURES.items():
            if self.head.startswith(first):
                return kind
        return ""

    def check_text(self) -> None:
        """Checks that the first bytes are no binary file.

        Raises:
            UserError: If they are.
        """
        controls = sum(b < 32 and b not in _PLAIN_CONTROLS for b in self.head)
        kind = self.signature()
        if kind or controls > _MAX_CONTROLS * len(self.head):
            raise UserError(
                f"{self.name} is {kind or 'a binary file'}, not a file of "
                "texts; save its texts as CSV, TXT, JSON, Parquet or Excel"
            )
