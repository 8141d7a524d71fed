"""Dialects of tables in text files: separators and quotation marks.

They are parsed by Python's `csv`. Its sniffer splits the header `Joke` at the
letter o. `pandas.read_csv` accepts stray quotation marks (C engine) or drops
the rest of a file after an unclosed one (Python engine), and its messages count
records instead of lines.
"""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Iterable, Iterator

from textgan.data.readers.options import (
    NO_SEPARATOR,
    SEPARATORS,
    STRAY_QUOTE,
    TOO_LONG,
    ReadOptions,
)

# A control character that separates nothing in a text.
_NOTHING = "\x1f"
_BY_NAME = {**SEPARATORS, NO_SEPARATOR: _NOTHING}
_ADJECTIVES = {
    "\t": "separated by tabs",
    "|": "separated by pipes",
    ";": "separated by semicolons",
    ",": "separated by commas",
    _NOTHING: "one column",
}
# A backslash that escapes nothing here, as in `\n`.
_LITERAL_BACKSLASH = re.compile(r'\\(?!["\\,;|\t])')

DOUBLED, ESCAPED, PLAIN, UNUSED = "doubled", "escaped", "plain", "unused"


@dataclasses.dataclass(frozen=True)
class Dialect:
    r"""How the rows of a table are written.

    Attributes:
        separator: Character between fields.
        quotes: What a quotation mark within a quoted field is: `doubled` (`""`)
            or `escaped` (`\"`); `plain` if quotation marks are part of the
            text; `unused` if no field begins with one.
    """

    separator: str
    quotes: str = DOUBLED

    @property
    def has_columns(self) -> bool:
        """Whether there is a separator at all."""
        return self.separator != _NOTHING

    @property
    def has_quotes(self) -> bool:
        """Whether a field that holds a separator can be quoted."""
        return self.quotes in (DOUBLED, ESCAPED)

    def __str__(self) -> str:
        notes = {
            DOUBLED: "",
            ESCAPED: ", quotation marks escaped",
            PLAIN: ", quotation marks are text",
            UNUSED: "",
        }
        return _ADJECTIVES[self.separator] + notes[self.quotes]


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        line: Number of its first line.
        fields: Its fields; none for a blank line.
        left_out: Why it could not be parsed, or empty.
        unclosed: Whether a quoted field goes on to the end of the file.
        lines: Number of its lines.
    """

    line: int
    fields: list[str]
    left_out: str = ""
    unclosed: bool = False
    lines: int = 1


def parse(lines: Iterable[str], dialect: Dialect) -> Iterator[Row]:
    """Parses the rows of a table.

    Args:
        lines: Lines with their line breaks.
        dialect: How they are written.
    """
    if dialect.quotes == ESCAPED:
        lines = (_LITERAL_BACKSLASH.sub(r"\\\\", line) for line in lines)
    reader = csv.reader(
        lines,
        delimiter=dialect.separator,
        strict=True,
        quoting=csv.QUOTE_MINIMAL if dialect.has_quotes else csv.QUOTE_NONE,
        escapechar="\\" if dialect.quotes == ESCAPED else None,
    )
    while True:
        first = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            count = max(reader.line_num + 1 - first, 1)
            unclosed = "unexpected end" in str(error)
            reason = TOO_LONG if "larger than" in str(error) else STRAY_QUOTE
            yield Row(first, [], reason, unclosed, count)
        else:
            yield Row(first, fields, lines=reader.line_num + 1 - first)


def separators(options: ReadOptions, kinds: Iterable[str]) -> tuple[str, ...]:
    """Returns the separators that a file may have, and none as the last.

    Args:
        options: What is known.
        kinds: Names of `SEPARATORS` that such files have.
    """
    if options.separator in _BY_NAME:
        return (_BY_NAME[options.separator],)
    return (*(SEPARATORS[kind] for kind in kinds), _NOTHING)
