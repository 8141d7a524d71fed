"""Formats tables of numbers as text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from gancore.io.atomic import atomic_write

# Column title -> cell; all rows have the same columns.
Row = dict[str, str | float | None]


def as_text(
    rows: Sequence[Row], digits: Mapping[str, int], width: int | None = None
) -> str:
    """Formats a table for a terminal, without empty columns.

    Args:
        rows: At least one.
        digits: Title of a numeric column -> digits after the point.
        width: Columns of the terminal. A wider table is continued below, with
            its first column again; `None` for one table.
    """
    numeric = _numeric(rows, digits)
    first, *columns = (
        _pad(cells, right)
        for cells, right in zip(
            zip(*_cells(rows, digits), strict=True), numeric, strict=True
        )
    )
    tables = [[first]]
    for column in columns:
        used = sum(len(cells[0]) + 2 for cells in tables[-1])
        if width and len(tables[-1]) > 1 and used + len(column[0]) > width:
            tables.append([first])
        tables[-1].append(column)
    return "\n\n".join(
        "\n".join("  ".join(line).rstrip() for line in zip(*table, strict=True))
        for table in tables
    )


def as_markdown(rows: Sequence[Row], digits: Mapping[str, int]) -> str:
    """Formats a table as Markdown, without empty columns."""
    lines = _cells(rows, digits)
    right = _numeric(rows, digits)
    lines.insert(1, ["---:" if number else "---" for number in right])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_csv(rows: Sequence[Row]) -> str:
    """Formats a table as CSV with a header, numbers to six digits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                title: f"{value:.6g}" if isinstance(value, float) else value
                for title, value in row.items()
            }
        )
    return text.getvalue()


def as_report(title: str, *parts: str, environment: Mapping[str, str]) -> str:
    """Formats a Markdown report that ends with the environment of its run.

    Args:
        title: Heading.
        *parts: Paragraphs and tables in Markdown.
        environment: As `gancore.environment.environment_of_run` returns it.
    """
    facts = "\n".join(f"- {name}: {fact}" for name, fact in environment.items())
    return "\n\n".join([f"# {title}", *parts, facts]) + "\n"


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _pad(cells: Sequence[str], right: bool) -> list[str]:
    width = max(map(len, cells))
    return [c.rjust(width) if right else c.ljust(width) for c in cells]


def _titles(rows: Sequence[Row]) -> list[str]:
    return [
        title
        for title in rows[0]
        if any(row[title] is not None for row in rows)
    ]


def _numeric(rows: Sequence[Row], digits: Mapping[str, int]) -> list[bool]:
    return [title in digits for title in _titles(rows)]


def _cells(rows: Sequence[Row], digits: Mapping[str, int]) -> list[list[str]]:
    titles = _titles(rows)
    return [
        titles,
        *([_cell(row[t], digits.get(t, 0)) for t in titles] for row in rows),
    ]


def _cell(value: str | float | None, digits: int) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.{digits}f}"
