"""The encoding of a file, and its lines."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from gancore.errors import UserError, printable
from textgan.data.readers.options import AUTO
from textgan.data.readers.source import Source

# Longer lines are no texts, and must not fill the memory.
MAX_LINE = 2**24
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_TITLES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
_WESTERN = "cp1252"
_CHUNK = 2**20
# Share of the letters that are not ASCII: about 0.1 in European languages of
# the Latin script; nearly 1 if text in another script is decoded wrongly.
_MAX_ACCENTED = 0.5
# Shares of zero bytes in UTF-16 without a mark: in one of two places, and in
# the other.
_MIN_ZEROS = 0.4
_FEW_ZEROS = 0.05


def encoding_title(encoding: str) -> str:
    """Returns the usual name of an encoding."""
    return _TITLES.get(encoding, encoding.upper())


def find_encoding(source: Source, encoding: str) -> str:
    """Finds the encoding of a text file by its bytes.

    Args:
        source: The file, which is read to its end.
        encoding: Its name if it is known, or `auto`.

    Raises:
        UserError: If it is a binary file, mixes encodings or is in none that
            can be detected.
    """
    if encoding != AUTO:
        plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        return "utf-8-sig" if plain else encoding
    for mark, name in _BYTE_ORDER_MARKS.items():
        if source.head.startswith(mark):
            return name
    if name := _utf_16(source.head):
        return name
    source.check_text()
    if _is_utf_8(source):
        return "utf-8"
    _check_western(source)
    return _WESTERN


@contextmanager
def open_lines(source: Source, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Opens a file for `lines_of`.

    Args:
        source: The file.
        encoding: As `find_encoding` returned it.

    Raises:
        UserError: Also within the block, if the bytes are not in it.
    """
    try:
        with source.open() as file:
            yield _decoded(file, encoding)
    except UnicodeError as error:
        title = encoding_title(encoding)
        raise UserError(
            f"{source.name} is not in {title} ({printable(error)}); name its "
            "encoding with --encoding"
        ) from error


def lines_of(file: io.TextIOBase, name: str) -> Iterator[str]:
    """Yields the lines of a file with their line breaks.

    Args:
        file: Opened with `newline=""`.
        name: What messages call it.

    Raises:
        UserError: If a line has more than `MAX_LINE` characters.
    """
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise UserError(
                f"{name}: line {number} has more than {MAX_LINE:,} characters; "
                "expected one text per line or row"
            )
        yield line


def _decoded(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    try:
        return io.TextIOWrapper(file, encoding=encoding, newline="")
    except (LookupError, ValueError) as error:
        raise UserError(f"--encoding: {printable(error)}") from error


def _utf_16(head: bytes) -> str:
    """Recognizes UTF-16 without a byte order mark, of mostly Latin text."""
    half = len(head) // 2
    if half:
        even = head[: 2 * half : 2].count(0) / half
        odd = head[1 : 2 * half : 2].count(0) / half
        if odd >= _MIN_ZEROS and even < _FEW_ZEROS:
            return "utf-16-le"
        if even >= _MIN_ZEROS and odd < _FEW_ZEROS:
            return "utf-16-be"
    return ""


def _is_utf_8(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open() as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _check_western(source: Source) -> None:
    """Checks that a file which is not UTF-8 is Windows-1252.

    Raises:
        UserError: If only some of its lines are, or none.
    """
    utf_8 = other = letters = accented = number = 0
    with source.open() as file:
        while line := file.readline(_CHUNK):
            number += 1
            if line.isascii():
                letters += sum(map(str.isalpha, line.decode()))
                continue
            try:
                line.decode("utf-8")
                utf_8 = utf_8 or number
            except UnicodeDecodeError:
                other = other or number
                try:
                    text = line.decode(_WESTERN)
                except UnicodeDecodeError as error:
                    raise _unknown_encoding(source) from error
                letters += sum(map(str.isalpha, text))
                accented += sum(c.isalpha() and not c.isascii() for c in text)
    if utf_8 and other:
        raise UserError(
            f"{source.name} mixes encodings: line {utf_8} is in UTF-8 and line "
            f"{other} is not; save all of it as UTF-8, or name one encoding "
            "with --encoding"
        )
    if accented > _MAX_ACCENTED * letters:
        raise _unknown_encoding(source)


def _unknown_encoding(source: Source) -> UserError:
    return UserError(
        f"{source.name} is in none of UTF-8, UTF-16 and Windows-1252; name its "
        "encoding with --encoding"
    )
