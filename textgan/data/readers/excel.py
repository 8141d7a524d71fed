"""Rows of Excel files, by openpyxl (extra `tables`)."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from gancore.errors import UserError, printable
from gancore.lazy import require
from textgan.data.readers.dialect import Row
from textgan.data.readers.source import Source

_OLE = b"\xd0\xcf\x11\xe0"
# Name of the stream that holds an encrypted workbook.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    EOFError,
    RuntimeError,
)


def is_workbook(source: Source) -> bool:
    """Checks whether a file is a workbook and no other ZIP archive."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            return any(n.startswith("xl/") for n in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def check_excel(source: Source) -> None:
    """Checks that a file is an Excel workbook which can be read.

    Raises:
        UserError: If openpyxl is missing, or the file is encrypted, of the old
            format or no workbook.
    """
    require("openpyxl", extra="tables")
    if source.head.startswith(_OLE):
        with source.open() as file:
            encrypted = _ENCRYPTED in file.read(2**24)
        raise UserError(
            f"{source.name} is "
            + (
                "encrypted with a password; save a copy without one"
                if encrypted
                else "an old .xls file; save it as .xlsx"
            )
        )


def sheet_rows(source: Source) -> Iterator[Row]:
    """Yields the rows of the first sheet; cells become strings.

    Args:
        source: The file.

    Raises:
        UserError: If it is damaged.
    """
    import openpyxl

    try:
        with warnings.catch_warnings(), source.open() as file:
            # Of styles and extensions, which are not read.
            warnings.simplefilter("ignore")
            # By name, it would refuse names of other suffixes.
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            if not book.worksheets:
                raise UserError(f"{source.name} has no sheet")
            rows = book.worksheets[0].iter_rows(values_only=True)
            for number, cells in enumerate(rows, start=1):
                yield Row(number, [_string(cell) for cell in cells])
            book.close()
    except _ERRORS as error:
        raise UserError(
            f"{source.name} is no Excel workbook, or a damaged one: "
            f"{printable(error)}"
        ) from error


def _string(cell: Any) -> str:
    return "" if cell is None else str(cell)
