"""Reads texts from CSV, TSV, plain text or JSON, with row numbers."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gancore.errors import UserError, printable

logger = logging.getLogger(__name__)

TEXT_FILES = {".csv", ".tsv", ".txt", ".jsonl", ".json"}
_USUAL_COLUMNS = ("joke", "text", "caption", "sentence", "body")
# Stands for a record that holds no text; it is counted as such.
_NO_TEXT = "0"


def read_texts(
    path: Path, column: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[int, str]]:
    """Reads the texts of a file in their order.

    Args:
        path: `.csv` or `.tsv` with a header, `.txt` with a text per line,
            `.jsonl` or `.json` with an object or text per line, or with one
            array of them.
        column: Column or key of the texts. By default `Joke`, `text` or
            another usual name in any case, or the only column there is.
        encoding: Encoding of the file; a byte order mark is skipped.

    Yields:
        Pairs of row number, the first row of data being 1, and text.

    Raises:
        UserError: If the file is empty, of another kind or encoding, is not
            well-formed, or has no such column.
    """
    readers = {
        ".csv": _read_table,
        ".tsv": _read_table,
        ".txt": _read_lines,
        ".jsonl": _read_json,
        ".json": _read_json,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(sorted(readers))
        raise UserError(f"{path} is none of {kinds}")
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    try:
        if not path.stat().st_size:
            raise UserError(f"{path} is empty")
        with path.open(encoding=encoding, newline="") as file:
            yield from enumerate(reader(path, file, column), start=1)
    except UnicodeError as error:
        raise UserError(
            f"{path} is not in {encoding.removesuffix('-sig')} "
            f"({printable(error)}); name its encoding with --encoding"
        ) from error
    except (LookupError, ValueError) as error:
        raise UserError(f"--encoding: {error}") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def _read_table(
    path: Path, file: Iterable[str], column: str | None
) -> Iterator[str]:
    """Reads one column; rows that do not fit the header are counted."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        header = next((row for row in rows if row), None)
    except csv.Error as error:
        raise UserError(f"{path} begins with no header: {error}") from error
    if header is None:
        raise UserError(f"{path} is empty")
    name = _find_column(path, header, column)
    place = header.index(name)
    misfits: list[int] = []
    while True:
        first_line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise UserError(
                    f"{path}: a quotation mark in line {first_line} opens a "
                    "field that never ends"
                ) from error
            misfits.append(first_line)
            continue
        if len(row) > len(header):
            misfits.append(first_line)
        else:
            yield row[place] if place < len(row) else ""
    if misfits:
        logger.warning(
            f"skipped {len(misfits)} rows of {path.name} that do not fit its "
            f"header, the first in line {misfits[0]}"
        )


def _read_lines(
    path: Path, file: Iterable[str], column: str | None
) -> Iterator[str]:
    yield from file


def _read_json(
    path: Path, file: Iterable[str], column: str | None
) -> Iterator[str]:
    name: str | None = None
    for record in _json_records(path, file):
        if isinstance(record, dict):
            if name is None:
                name = _find_column(path, [str(key) for key in record], column)
            record = record.get(name)
        yield record if isinstance(record, str) else _NO_TEXT


def _json_records(path: Path, file: Iterable[str]) -> Iterator[Any]:
    """Gives the elements of one array, or one record per line."""
    lines = list(file)
    whole = "".join(lines)
    if whole.lstrip().startswith("["):
        yield from _parse(whole, str(path))
        return
    for number, line in enumerate(lines, start=1):
        yield _parse(line, f"{path}, line {number}") if line.strip() else ""


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is not JSON: {error}") from error


def _find_column(path: Path, names: list[str], wanted: str | None) -> str:
    if wanted in names:
        return str(wanted)
    by_lower_case = {name.lower().strip(): name for name in reversed(names)}
    for candidate in (wanted,) if wanted else _USUAL_COLUMNS:
        if candidate.lower() in by_lower_case:
            return by_lower_case[candidate.lower()]
    if len(names) == 1 and not wanted:
        return names[0]
    missing = wanted or "Joke"
    header = path.suffix.lower() in (".csv", ".tsv")
    raise UserError(
        f"{path} has no column {missing}, only {printable(', '.join(names))}; "
        "name it with --text_column"
        + (", or put a header in front if that is a text" if header else "")
    )
