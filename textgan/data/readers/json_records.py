"""Texts of JSON: one record per line, an array, or an object that has one."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gancore.errors import UserError, printable
from textgan.data.readers.columns import Columns, choose_columns
from textgan.data.readers.encodings import open_lines
from textgan.data.readers.json_stream import (
    ArrayStream,
    first_character,
    parse_json,
    values_by_line,
)
from textgan.data.readers.options import NO_TEXT, ReadOptions, Record
from textgan.data.readers.source import Source
from textgan.data.readers.table import SAMPLE_ROWS

# Characters of a file that is one object, which is read at once.
_MAX_OBJECT = 2**27
_MAX_DEPTH = 4


def read_json(source: Source, encoding: str) -> tuple[str, Iterator[Any]]:
    """Reads the records of a file of JSON.

    Args:
        source: The file.
        encoding: Its encoding.

    Returns:
        What kind of JSON it is, and its records.

    Raises:
        UserError: If it is no JSON, or an object without records. The iterator
            raises it, too.
    """
    with open_lines(source, encoding) as file:
        if first_character(file) == "[":
            return "a JSON array", _array(source, encoding)
    with open_lines(source, encoding) as file:
        first = _first_line(file)
        only = len(first) > _MAX_OBJECT or not _first_line(file)
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        # The first line of an object of several, or of lines that are wrong.
        if source.suffix == ".jsonl" or only:
            return "JSON lines", _lines(source, encoding)
        return _object(source, encoding)
    if only and isinstance(record, dict) and _has_records(record):
        return _object(source, encoding)
    return "JSON lines", _lines(source, encoding)


def records_to_texts(
    name: str, records: Iterable[Any], options: ReadOptions
) -> tuple[Columns | None, Iterator[Record]]:
    """Finds the texts of records.

    Args:
        name: What messages call the file.
        records: Objects, or texts.
        options: What is known.

    Returns:
        The keys of the texts, or `None` if the records are texts themselves;
        and the texts.

    Raises:
        UserError: If there are no records, no such key or no texts.
    """
    records = iter(records)
    first = list(itertools.islice(records, SAMPLE_ROWS))
    if not first:
        raise UserError(f"{name} holds no records")
    columns = _columns(name, first, options)
    rows = enumerate(itertools.chain(first, records), start=1)
    return columns, (_text(i, record, columns) for i, record in rows)


def _columns(
    name: str, records: Sequence[Any], options: ReadOptions
) -> Columns | None:
    objects = [r for r in records if isinstance(r, dict)]
    names = list(dict.fromkeys(str(key) for r in objects for key in r))
    if not names:
        if not any(isinstance(r, str) for r in records):
            raise UserError(f"{name} holds no texts and no objects with texts")
        return None
    rows = [[_string(r.get(key)) for key in names] for r in objects]
    return choose_columns(name, names, rows, options)


def _text(number: int, record: Any, columns: Columns | None) -> Record:
    if isinstance(record, str):
        return Record(number, record)
    if columns is None or not isinstance(record, dict):
        return Record(number, "", NO_TEXT)
    values = [record.get(key) for key in columns.names]
    if not any(isinstance(values[i], str) for i in columns.indices):
        return Record(number, "", NO_TEXT)
    return Record(number, columns.text([_string(value) for value in values]))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _array(source: Source, encoding: str) -> Iterator[Any]:
    with open_lines(source, encoding) as file:
        yield from ArrayStream(file, source.name)


def _lines(source: Source, encoding: str) -> Iterator[Any]:
    with open_lines(source, encoding) as file:
        yield from values_by_line(file, source.name)


def _first_line(file: io.TextIOBase) -> str:
    """Returns the next line that is not blank, if any."""
    while line := file.readline(_MAX_OBJECT + 1):
        if line.strip():
            return line
    return ""


def _object(source: Source, encoding: str) -> tuple[str, Iterator[Any]]:
    with open_lines(source, encoding) as file:
        text = file.read(_MAX_OBJECT + 1)
    if len(text) > _MAX_OBJECT:
        raise UserError(
            f"{source.name} is one JSON object of more than {_MAX_OBJECT:,} "
            "characters; save its records as JSON lines"
        )
    value = parse_json(text, source.name)
    keys: list[str] = []
    records = _records(value, keys)
    if records is None:
        return "a JSON object", iter([value])
    path = ".".join(printable(key, 40) for key in keys)
    return f'JSON, records of "{path}"' if path else "JSON", iter(records)


def _has_records(value: dict[str, Any]) -> bool:
    return _records(value, []) is not None


def _records(value: dict[str, Any], keys: list[str]) -> list[Any] | None:
    """Finds the records within an object.

    Args:
        value: Holds them under a key, or in columns, as pandas writes them.
        keys: Keys that lead to them are appended.

    Returns:
        The longest list, records made of columns, or `None`.
    """
    lists = {k: v for k, v in value.items() if isinstance(v, list) and v}
    objects = {k: v for k, v in value.items() if isinstance(v, dict) and v}
    lengths = {len(v) for v in lists.values()}
    if len(lists) == len(value) > 1 and len(lengths) == 1:
        return [
            dict(zip(lists, row, strict=True))
            for row in zip(*lists.values(), strict=True)
        ]
    if lists:
        key = max(lists, key=lambda k: len(lists[k]))
        keys.append(key)
        return lists[key]
    if len(objects) == len(value) and objects:
        inner = next(iter(objects.values()))
        if all(key.isdigit() for key in inner):
            return [{k: v.get(i) for k, v in objects.items()} for i in inner]
        if len(objects) > 1:
            return list(objects.values())
    if len(objects) == 1 and len(keys) < _MAX_DEPTH:
        key = next(iter(objects))
        keys.append(key)
        return _records(objects[key], keys)
    return None
