"""What was read of a file, and what became of each of its rows."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from gancore.errors import printable
from textgan.data.readers.options import ReadOptions
from textgan.data.readers.text_file import TextFile, check_used, open_texts
from textgan.data.sources import is_bundled

logger = logging.getLogger(__name__)

_ROWS_SHOWN = 3
_FIRST = 60
# A larger share of rows that are left out is a warning.
_MANY_LEFT_OUT = 0.1


class ReadReport:
    """Counts the rows of a file: read ones and left-out ones add up to all.

    Args:
        path: The file.
        file: How it is read.

    Attributes:
        rows: Number of rows that were counted.
        texts: Number of those that were read.
    """

    def __init__(self, path: Path, file: TextFile) -> None:
        self._file = file
        self._shows_first = not is_bundled(path)
        self._first = ""
        self.rows = self.texts = 0
        self._left_out: Counter[str] = Counter()
        self._examples: defaultdict[str, list[int]] = defaultdict(list)
        self._urls = self._texts_with_urls = 0

    def read(self, text: str, urls: int = 0) -> None:
        """Counts a row that is read.

        Args:
            text: Its text.
            urls: Number of URLs that were removed from it.
        """
        self.rows += 1
        self.texts += 1
        self._first = self._first or text.strip()
        self._urls += urls
        self._texts_with_urls += urls > 0

    def leave_out(
        self, row: int, reason: str, *, was_read: bool = False
    ) -> None:
        """Counts a row that is left out.

        Args:
            row: Its number.
            reason: Why.
            was_read: Whether it was counted as read before.
        """
        self._left_out[reason] += 1
        if len(self._examples[reason]) <= _ROWS_SHOWN:
            self._examples[reason].append(row)
        if was_read:
            self.texts -= 1
        else:
            self.rows += 1

    def log(self) -> None:
        """Logs one line: what was read, and what was left out."""
        many = sum(self._left_out.values()) > _MANY_LEFT_OUT * self.rows
        logger.log(logging.WARNING if many else logging.INFO, str(self))

    def left_out(self) -> str:
        """Returns how many rows were left out, and why; empty if none was."""
        if not self._left_out:
            return ""
        parts = []
        for reason, count in self._left_out.items():
            rows = self._examples[reason]
            where = ", ".join(map(str, rows[:_ROWS_SHOWN]))
            where += " ..." if rows[_ROWS_SHOWN:] else ""
            noun = "row" if count == 1 else "rows"
            parts.append(f"{count:,} {reason} ({noun} {where})")
        total = sum(self._left_out.values())
        return f"left out {total:,} of {self.rows:,} rows: {', '.join(parts)}"

    def as_dict(self) -> dict[str, Any]:
        """Returns the counts for `config.json`."""
        columns = self._file.columns
        return {
            "file": self._file.name,
            "format": self._file.format,
            "columns": list(columns.chosen) if columns else [],
            "rows": self.rows,
            "texts": self.texts,
            "left_out": dict(self._left_out),
            "urls_removed": self._urls,
        }

    def __str__(self) -> str:
        parts = [self._file.format]
        if self._file.columns:
            parts.append(str(self._file.columns))
        noun = "text" if self.texts == 1 else "texts"
        parts.append(f"{self.texts:,} {noun}")
        if self._shows_first and self._first:
            parts.append(f'first: "{printable(self._first, _FIRST)}"')
        line = f"{printable(self._file.name)}: {', '.join(parts)}"
        if self._left_out:
            line += f"; {self.left_out()}"
        if self._urls:
            line += (
                f"; removed {self._urls:,} URLs from "
                f"{self._texts_with_urls:,} of the texts"
            )
        return line


def read_all(path: Path, options: ReadOptions | None = None) -> list[str]:
    """Reads the texts of a file, without blank ones, and logs what was read.

    Args:
        path: As for `open_texts`.
        options: What is known of its format.

    Raises:
        UserError: If it cannot be read, or an option does not apply.
    """
    file = open_texts(path, options)
    check_used(file.name, file.unused)
    report, texts = ReadReport(path, file), []
    for row, text, left_out in file.records:
        if left_out or not text.strip():
            report.leave_out(row, left_out or "blank")
        else:
            report.read(text)
            texts.append(text)
    report.log()
    return texts
