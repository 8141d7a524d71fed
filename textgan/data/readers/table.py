"""Texts of CSV, TSV and similar files."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gancore.errors import UserError
from textgan.data.readers.columns import Columns, choose_columns
from textgan.data.readers.detect import has_header
from textgan.data.readers.dialect import Row
from textgan.data.readers.options import TOO_MANY_FIELDS, ReadOptions, Record

# Rows from which the header and the columns are detected.
SAMPLE_ROWS = 1_000


def read_header(
    name: str, rows: Iterable[Sequence[str]], options: ReadOptions
) -> tuple[bool, Columns]:
    """Finds whether a table has a header, and its columns of texts.

    Args:
        name: What messages call the file.
        rows: Fields of its rows.
        options: What is known.

    Returns:
        Whether the first row that is not blank is a header, and the columns.

    Raises:
        UserError: If the file has no rows, no such column or no texts.
    """
    first = list(itertools.islice((r for r in rows if any(r)), SAMPLE_ROWS))
    if not first:
        raise UserError(f"{name} is empty")
    if has_header(first, options):
        names, data = list(first[0]), first[1:]
    else:
        width = Counter(map(len, first)).most_common(1)[0][0]
        names, data = [str(i + 1) for i in range(width)], first
    return len(data) < len(first), choose_columns(name, names, data, options)


def read_rows(
    name: str,
    rows: Iterable[Row],
    header: bool,
    columns: Columns,
    rest: str = "",
) -> Iterator[Record]:
    """Reads the texts of a table.

    Args:
        name: What messages call the file.
        rows: Its rows, with the header.
        header: Whether it has one.
        columns: The columns of the texts.
        rest: Separator of a table whose fields cannot be quoted: in the last
            column it is part of the text.

    Raises:
        UserError: If a quoted field never ends.
    """
    rows = iter(rows)
    if header:
        next((row for row in rows if any(row.fields)), None)
    number, last = 0, len(columns.names) - 1
    takes_rest = bool(rest) and columns.indices == (last,)
    for row in rows:
        number += 1
        if row.unclosed:
            raise UserError(
                f"{name}: a quotation mark in line {row.line} opens a field "
                "that never ends; close it or double it"
            )
        if row.left_out:
            # The mark may have opened a field that took in rows below it.
            for place in range(number, number + row.lines):
                yield Record(place, "", row.left_out)
            number += row.lines - 1
        elif takes_rest:
            fields = [*row.fields[:last], rest.join(row.fields[last:])]
            yield Record(number, columns.text(fields))
        elif len(row.fields) > len(columns.names):
            yield Record(number, "", TOO_MANY_FIELDS)
        else:
            yield Record(number, columns.text(row.fields))
