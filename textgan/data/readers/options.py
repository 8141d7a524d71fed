"""How a file of texts is read, and what is read of it."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

AUTO = "auto"
SEPARATORS = {
    "tab": "\t",
    "pipe": "|",
    "semicolon": ";",
    "comma": ",",
}
NO_SEPARATOR = "none"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What is known of a file; `auto` and nothing are found by its content.

    Attributes:
        columns: Names of the columns or keys whose values make a text, in
            order; a table without a header has the names 1, 2, ...
        join_with: Stands between the values of several columns.
        encoding: Name of the encoding, or `auto`.
        separator: A name of `SEPARATORS`, `none` for one column, or `auto`.
        header: `yes`, `no` or `auto`: whether the first row names the columns.
    """

    columns: tuple[str, ...] = ()
    join_with: str = " "
    encoding: str = AUTO
    separator: str = AUTO
    header: str = AUTO


class Record(NamedTuple):
    """One row of a file.

    Attributes:
        row: Its number, from 1 for the first row of data.
        text: Its text; empty if it has none.
        left_out: Why the reader leaves it out, as "with too many fields"; empty
            for a row that is read.
    """

    row: int
    text: str
    left_out: str = ""


# Reasons of `Record.left_out`.
TOO_MANY_FIELDS = "with too many fields"
STRAY_QUOTE = "with a stray quotation mark"
TOO_LONG = "with too long a field"
NO_TEXT = "without text"
