"""Readers of texts in CSV, TSV, plain text or JSON, with row numbers.

They use Python's `csv` and `json`. `pandas.read_csv` counts records, not lines,
in its messages about malformed rows, accepts stray quotation marks (C engine)
or drops the rest of a file after an unclosed one (Python engine); its sniffer
splits the header `Joke` at the letter o; and it is slower.
"""

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
_DEFAULT_COLUMNS = ("joke", "text", "caption", "sentence", "body")
# Placeholder of a record without a text; `load_corpus` drops and counts it.
_NO_TEXT = "0"


def read_texts(
    path: Path, column: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[int, str]]:
    """Reads the texts of a file in order.

    Args:
        path: `.csv` or `.tsv` with a header, `.txt` with a text per line,
            `.jsonl` or `.json` with an object or text per line, or with one
            array of them.
        column: Column or key of the texts. By default `Joke`, `text` or
            another usual name in any case, or the only column there is.
        encoding: Encoding of the file; a byte order mark is skipped.

    Yields:
        Pairs of row number, from 1 for the first row of data, and text.

    Raises:
        UserError: If the file is empty, of another format or encoding,
            malformed, or has no such column.
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
        raise UserError(f"{path} is in none of the formats {kinds}")
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
    """Reads one column; malformed rows are dropped and counted."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        header = next((row for row in rows if row), None)
    except csv.Error as error:
        raise UserError(f"{path} has no header: {error}") from error
    if header is None:
        raise UserError(f"{path} is empty")
    name = _find_column(path, header, column)
    index = header.index(name)
    malformed: list[int] = []
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
            malformed.append(first_line)
            continue
        if len(row) > len(header):
            malformed.append(first_line)
        else:
            yield row[index] if index < len(row) else ""
    if malformed:
        logger.warning(
            f"skipped {len(malformed)} rows of {path.name} that do not fit its "
            f"header, the first in line {malformed[0]}"
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
    """Yields the elements of one array, or one record per line."""
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
    for candidate in (wanted,) if wanted else _DEFAULT_COLUMNS:
        if candidate.lower() in by_lower_case:
            return by_lower_case[candidate.lower()]
    if len(names) == 1 and not wanted:
        return names[0]
    missing = wanted or "Joke"
    is_table = path.suffix.lower() in (".csv", ".tsv")
    raise UserError(
        f"{path} has no column {missing}, only {printable(', '.join(names))}; "
        "name it with --text_column"
        + (", or add a header if that is a text" if is_table else "")
    )
