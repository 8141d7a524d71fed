"""Values of a file of JSON, one after another, in bounded memory."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from gancore.errors import UserError, printable
from textgan.data.readers.encodings import MAX_LINE, lines_of

_CHUNK = 2**16
_SPACE = " \t\r\n\ufeff"


def parse_json(text: str, where: str) -> Any:
    """Parses one value.

    Args:
        text: The value.
        where: What messages call it.

    Raises:
        UserError: If it is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_json(where, error) from error


def values_by_line(file: io.TextIOBase, name: str) -> Iterator[Any]:
    """Yields the value in each line; a blank line is an empty text.

    Args:
        file: Opened with `newline=""`.
        name: What messages call it.

    Raises:
        UserError: If a line is not JSON.
    """
    for number, line in enumerate(lines_of(file, name), start=1):
        where = f"{name}, line {number}"
        yield parse_json(line, where) if line.strip(_SPACE) else ""


class ArrayStream:
    """Elements of one array, decoded as the file is read.

    Args:
        file: Opened with `newline=""`, before the array.
        name: What messages call it.
    """

    def __init__(self, file: io.TextIOBase, name: str) -> None:
        self._file = file
        self._name = name
        self._text = ""
        # Of the next character: its index, and the number of its line.
        self._at, self._line = 0, 1
        self._ended = False
        self._decoder = json.JSONDecoder()

    def __iter__(self) -> Iterator[Any]:
        """Yields the elements.

        Raises:
            UserError: If they are not JSON, or the file is cut off.
        """
        self._skip("[")
        count = 0
        while self._next() != "]":
            count += 1
            yield self._value(count)
            if self._next() != "]":
                self._skip(",")
                if self._next() == "]":
                    raise self._error(ValueError("a comma before ]"))
        self._skip("]")
        if self._next():
            raise self._error(ValueError("something follows the array"))

    def _next(self) -> str:
        """Skips white space and returns the next character, if any."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._read()

    def _skip(self, expected: str) -> None:
        if self._next() != expected:
            reason = "" if self._next() else "it is cut off: "
            raise self._error(ValueError(f"{reason}{expected} is missing"))
        self._at += 1

    def _value(self, number: int) -> Any:
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended:
                    self._at = min(error.pos, len(self._text))
                    raise self._error(error, number) from error
            except (ValueError, RecursionError) as error:
                raise self._error(error, number) from error
            else:
                # A number may go on in the next chunk.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            if len(self._text) - self._at > MAX_LINE:
                raise UserError(
                    f"{self._name}: record {number} is not JSON, or has more "
                    f"than {MAX_LINE:,} characters"
                )
            self._read()

    def _read(self) -> None:
        """Reads as much again as is held, so that the time is linear."""
        done, rest = self._text[: self._at], self._text[self._at :]
        self._line += done.count("\n")
        more = self._file.read(max(_CHUNK, len(rest)))
        self._ended = not more
        self._text, self._at = rest + more, 0

    def _error(self, error: Exception, record: int = 0) -> UserError:
        line = self._line + self._text.count("\n", 0, self._at)
        where = f"{self._name}, line {line}"
        if record:
            where += f", record {record}"
        return _not_json(where, error)


def first_character(file: io.TextIOBase) -> str:
    """Returns the first character that is no white space, if any."""
    while chunk := file.read(_CHUNK):
        if text := chunk.lstrip(_SPACE):
            return text[0]
    return ""


def _not_json(where: str, error: Exception) -> UserError:
    cut = isinstance(error, json.JSONDecodeError) and (
        error.msg.startswith("Unterminated")
        or error.pos >= len(error.doc.rstrip(_SPACE))
    )
    reason = "it is cut off: " if cut else ""
    return UserError(f"{where} is not JSON: {reason}{printable(error)}")
