"""Reads texts from CSV, TSV, plain text or JSON lines, with row numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from adversarial.messages import UserError, note

TEXT_FILES = {".csv", ".tsv", ".txt", ".jsonl", ".json"}
_USUAL_COLUMNS = ("joke", "text", "caption", "sentence", "body")


def read_texts(
    path: Path, column: str | None = None, encoding: str = "utf-8"
) -> Iterator[tuple[int, str]]:
    """Reads the texts of a file in their order.

    Args:
        path: `.csv` or `.tsv` with a header, `.txt` with a text per line, or
            `.jsonl`/`.json` with an object per line.
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
        ".jsonl": _read_json_lines,
        ".json": _read_json_lines,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(sorted(readers))
        raise UserError(f"{path} is none of {kinds}")
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    try:
        if path.stat().st_size == 0:
            raise UserError(f"{path} is empty")
        yield from enumerate(reader(path, column, encoding), start=1)
    except LookupError as error:
        raise UserError(f"--encoding: {error}") from error
    except UnicodeError as error:
        raise UserError(
            f"{path} is not in {encoding.removesuffix('-sig')} ({error}); "
            "name its encoding with --encoding"
        ) from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def _read_table(path: Path, column: str | None, encoding: str) -> list[str]:
    keywords: dict = dict(
        sep="\t" if path.suffix.lower() == ".tsv" else ",",
        dtype=str,
        keep_default_na=False,
        encoding=encoding,
        index_col=False,
    )
    try:
        table = pd.read_csv(path, skip_blank_lines=False, **keywords)
    except pd.errors.EmptyDataError as error:
        raise UserError(f"{path} is empty") from error
    except pd.errors.ParserError:
        table = _read_ragged_table(path, keywords)
    name = _find_column(path, [str(c) for c in table.columns], column)
    return table[name].fillna("").tolist()


def _read_ragged_table(path: Path, keywords: dict) -> pd.DataFrame:
    """Reads on past rows with too many fields, and counts them."""
    ragged: list[list[str]] = []
    try:
        table = pd.read_csv(
            path, engine="python", on_bad_lines=ragged.append, **keywords
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise UserError(
            f"{path} is not a well-formed table: {error}"
        ) from error
    note(f"skipped {len(ragged)} rows of {path.name} with too many fields")
    return table


def _read_lines(path: Path, column: str | None, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding) as file:
        yield from file


def _read_json_lines(
    path: Path, column: str | None, encoding: str
) -> Iterator[str]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                yield ""
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise UserError(
                    f"{path}, line {number} is not JSON: {error}"
                ) from error
            if isinstance(record, dict):
                record = record[_find_column(path, list(record), column)]
            # What is not text at all counts as a row without text.
            yield record if isinstance(record, str) else "0"


def _find_column(path: Path, names: list[str], wanted: str | None) -> str:
    by_lower_case = {name.lower().strip(): name for name in names}
    for candidate in (wanted,) if wanted else _USUAL_COLUMNS:
        if candidate.lower() in by_lower_case:
            return by_lower_case[candidate.lower()]
    if len(names) == 1 and not wanted:
        return names[0]
    missing = wanted or "Joke"
    raise UserError(
        f"{path} has no column {missing}, only {', '.join(names)}; "
        "name it with --text_column"
    )
