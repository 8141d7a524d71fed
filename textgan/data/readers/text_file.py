"""A file of texts in any format, and how it is read."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gancore.errors import UserError
from textgan.data.readers.columns import Columns
from textgan.data.readers.detect import find_dialect, first_lines
from textgan.data.readers.dialect import parse, separators
from textgan.data.readers.encodings import (
    encoding_title,
    find_encoding,
    lines_of,
    open_lines,
)
from textgan.data.readers.excel import check_excel, is_workbook, sheet_rows
from textgan.data.readers.folder import read_folder, text_files
from textgan.data.readers.json_records import read_json, records_to_texts
from textgan.data.readers.json_stream import first_character
from textgan.data.readers.options import (
    AUTO,
    SEPARATORS,
    ReadOptions,
    Record,
)
from textgan.data.readers.parquet import read_parquet
from textgan.data.readers.source import Source
from textgan.data.readers.table import read_header, read_rows

# Formats that a folder is searched for, also as `.gz` but the last two.
TEXT_FILES = {
    ".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".xlsx",
}  # fmt: skip
_TABLES = (".csv", ".tsv", ".tab", ".psv")
_JSON = (".json", ".jsonl", ".ndjson")
_EXCEL = (".xlsx", ".xlsm", ".xls")
# First line by which Excel on Windows names the separator.
_SEPARATOR_NOTE = re.compile(r"sep=.\s*")
# Characters from which the dialect of a table is detected.
_SAMPLE = 2**18


@dataclasses.dataclass(frozen=True)
class TextFile:
    """A file that was opened, and its texts.

    Attributes:
        name: What messages call it.
        format: What was found of its format, for people.
        columns: Columns of the texts; `None` if it has none.
        records: Its rows, to be read once.
        unused: Flags that were given and do not apply.
    """

    name: str
    format: str
    columns: Columns | None
    records: Iterator[Record]
    unused: frozenset[str] = frozenset()


def open_texts(path: Path, options: ReadOptions | None = None) -> TextFile:
    """Opens a file of texts, and finds its format.

    Args:
        path: A table (CSV, TSV or similar, Excel, Parquet), lines of text,
            JSON, any of these but Excel and Parquet as `.gz`, a folder of
            `.txt` files, or `-` for standard input.
        options: What is known of it.

    Raises:
        UserError: If it is empty or binary, of an unknown encoding, malformed,
            or has no such column or no texts. `records` raises it, too.
    """
    options = options or ReadOptions()
    if path.is_dir():
        count = len(text_files(path))
        return TextFile(
            str(path),
            f"folder of {count:,} .txt files",
            None,
            read_folder(path, options),
            _given(options, "text_column", "separator", "header"),
        )
    source = Source(path)
    kind = source.signature()
    if source.suffix in _EXCEL or is_workbook(source):
        return _open_excel(source, options)
    if source.suffix == ".parquet" or kind == "a Parquet file":
        columns, records = read_parquet(source, options)
        unused = _given(options, "encoding", "separator", "header")
        return TextFile(source.name, "Parquet", columns, records, unused)
    encoding = find_encoding(source, options.encoding)
    if source.suffix in _JSON or _looks_like_json(source, encoding):
        return _open_json(source, encoding, options)
    return _open_lines(source, encoding, options)


def read_texts(
    path: Path, options: ReadOptions | None = None
) -> Iterator[tuple[int, str]]:
    """Yields row number, from 1, and text of the rows that can be read.

    Args:
        path: As for `open_texts`.
        options: What is known of it.

    Raises:
        UserError: As `open_texts`, or if an option does not apply.
    """
    file = open_texts(path, options)
    check_used(file.name, file.unused)
    for record in file.records:
        if not record.left_out:
            yield record.row, record.text


def check_used(name: str, unused: Iterable[str]) -> None:
    """Checks that all flags which were given apply.

    Args:
        name: What messages call the file.
        unused: Flags that do not.

    Raises:
        UserError: If there is one.
    """
    for flag in sorted(unused):
        raise UserError(f"--{flag} does not apply to {name}; omit it")


def _open_excel(source: Source, options: ReadOptions) -> TextFile:
    check_excel(source)
    rows = (row.fields for row in sheet_rows(source))
    header, columns = read_header(source.name, rows, options)
    return TextFile(
        source.name,
        "Excel" + _without_header(header),
        columns,
        read_rows(source.name, sheet_rows(source), header, columns),
        _given(options, "encoding", "separator"),
    )


def _open_json(source: Source, encoding: str, options: ReadOptions) -> TextFile:
    kind, values = read_json(source, encoding)
    columns, records = records_to_texts(source.name, values, options)
    unused = _given(options, "separator", "header")
    if columns is None:
        unused |= _given(options, "text_column")
    name = kind + _said(encoding)
    return TextFile(source.name, name, columns, records, unused)


def _open_lines(
    source: Source, encoding: str, options: ReadOptions
) -> TextFile:
    """Opens a table, or lines that are texts."""
    kinds = ("tab",) if source.suffix == ".txt" else tuple(SEPARATORS)
    with open_lines(source, encoding) as file:
        sample = list(first_lines(lines_of(file, source.name), _SAMPLE))
    if not sample:
        raise UserError(f"{source.name} is empty")
    has_note = _SEPARATOR_NOTE.fullmatch(sample[0]) is not None
    sample = sample[has_note:]

    def lines() -> Iterator[str]:
        with open_lines(source, encoding) as file:
            yield from itertools.islice(
                lines_of(file, source.name), has_note, None
            )

    _check_separator(source.name, sample, options.separator)
    dialect = find_dialect(sample, lines, separators(options, kinds))
    asked = options.separator != AUTO or options.header != AUTO
    if not (dialect.has_columns or asked or source.suffix in _TABLES):
        return TextFile(
            source.name,
            "lines" + _said(encoding),
            None,
            itertools.starmap(Record, enumerate(lines(), start=1)),
            _given(options, "text_column"),
        )
    rows = (row.fields for row in parse(lines(), dialect) if not row.left_out)
    header, columns = read_header(source.name, rows, options)
    return TextFile(
        source.name,
        str(dialect) + _without_header(header) + _said(encoding),
        columns,
        read_rows(
            source.name,
            parse(lines(), dialect),
            header,
            columns,
            "" if dialect.has_quotes else dialect.separator,
        ),
    )


def _check_separator(name: str, sample: Sequence[str], wanted: str) -> None:
    separator = SEPARATORS.get(wanted, "")
    if separator and not any(separator in line for line in sample):
        raise UserError(f"--separator {wanted}: there is none in {name}")


def _looks_like_json(source: Source, encoding: str) -> bool:
    """Detects JSON in a file of another name, or in standard input."""
    if source.suffix in (*_TABLES, ".txt"):
        return False
    with open_lines(source, encoding) as file:
        return first_character(file) in ("[", "{")


def _given(options: ReadOptions, *flags: str) -> frozenset[str]:
    """Returns those of the flags that were given."""
    default = ReadOptions()
    fields = {"text_column": "columns"}
    return frozenset(
        flag
        for flag in flags
        if getattr(options, fields.get(flag, flag))
        != getattr(default, fields.get(flag, flag))
    )


def _said(encoding: str) -> str:
    """Names an encoding that is not UTF-8."""
    title = encoding_title(encoding)
    return "" if title == "UTF-8" else f", {title}"


def _without_header(header: bool) -> str:
    return "" if header else ", no header"
