"""Texts of Parquet files, by pyarrow (extra `tables`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from gancore.errors import UserError, first_few, printable
from gancore.lazy import require
from textgan.data.readers.columns import Columns, choose_columns
from textgan.data.readers.options import NO_TEXT, ReadOptions, Record
from textgan.data.readers.source import Source
from textgan.data.readers.table import SAMPLE_ROWS

_BATCH = 4096


def read_parquet(
    source: Source, options: ReadOptions
) -> tuple[Columns, Iterator[Record]]:
    """Reads the texts of a Parquet file, a batch of rows at a time.

    Args:
        source: The file.
        options: What is known.

    Returns:
        The columns of the texts, and the texts.

    Raises:
        UserError: If pyarrow is missing, the file is damaged or holds no
            texts, or there is no such column. The iterator raises it, too.
    """
    require("pyarrow", extra="tables")
    names, kinds = _schema(source)
    if wrong := [
        w for w in options.columns if kinds.get(w, "string") != "string"
    ]:
        raise UserError(
            f"{source.name}: column {printable(wrong[0], 40)} holds "
            f"{kinds[wrong[0]]} values, not texts; name another one with "
            "--text_column"
        )
    texts = [name for name in names if kinds[name] == "string"]
    if not texts and not options.columns:
        listed = [
            f"{printable(n, 40)} ({printable(kinds[n], 40)})" for n in names
        ]
        raise UserError(
            f"{source.name} holds no column of texts, only "
            f"{first_few(listed, 6)}"
        )
    first = itertools.islice(_rows(source, texts), SAMPLE_ROWS)
    sample = [["" if v is None else v for v in row] for row in first]
    if not sample:
        raise UserError(f"{source.name} holds no rows")
    columns = choose_columns(source.name, texts, sample, options)
    return (
        Columns(
            tuple(names.index(name) for name in columns.chosen),
            tuple(names),
            columns.join_with,
            columns.others,
        ),
        _records(source, columns),
    )


def _records(source: Source, columns: Columns) -> Iterator[Record]:
    chosen = list(columns.chosen)
    plain = Columns(
        tuple(range(len(chosen))), columns.chosen, columns.join_with
    )
    for number, row in enumerate(_rows(source, chosen), start=1):
        if all(value is None for value in row):
            yield Record(number, "", NO_TEXT)
        else:
            text = plain.text(["" if v is None else v for v in row])
            yield Record(number, text)


def _schema(source: Source) -> tuple[list[str], dict[str, str]]:
    """Returns the names of the columns, and the kind of each."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.ParquetFile(source.path).schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(source, error) from error
    kinds = {}
    for field in schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        kinds[field.name] = "string" if is_text else str(kind)
    return [field.name for field in schema], kinds


def _rows(source: Source, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(source.path)
        for batch in file.iter_batches(_BATCH, columns=columns):
            found = batch.to_pydict()
            yield from zip(*(found[name] for name in columns), strict=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> UserError:
    return UserError(
        f"{source.name} is no Parquet file, or a damaged one: "
        f"{printable(error)}"
    )
