"""Detection of the dialect and the header of a table."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from textgan.data.readers.dialect import (
    DOUBLED,
    ESCAPED,
    PLAIN,
    UNUSED,
    Dialect,
    parse,
)
from textgan.data.readers.options import ReadOptions

# Rows of one length, as a share, of which a table must have this many.
_CONSISTENT = 0.9
# ... if its first row reads like names of columns.
_CONSISTENT_WITH_HEADER = 0.5
# Quotation marks are text where this share of the quoted rows is malformed.
_MANY_MALFORMED = 0.1
# ... and at most this share of the lines has another number of separators.
_MAX_OTHERS = 0.02
# Separators that texts seldom hold.
_RARE = "\t|"
# Names that only a header has.
_NAMES = frozenset(
    "joke jokes text texts caption captions sentence sentences body title "
    "content quote review tweet headline message line poem lyrics comment "
    "question answer setup punchline id idx index number label score rating "
    "category class date author name url link source language lang".split()
)
_LABEL = re.compile(r"[^\W\d_][\w .#()/-]{0,39}")
_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d[\d.,\s]*%?")
_SHORT_TEXT = 20

Opener = Callable[[], Iterable[str]]


def find_dialect(
    sample: Sequence[str], lines: Opener, allowed: Sequence[str]
) -> Dialect:
    """Finds the separator and the quotation marks of a table.

    The separator gives the most rows as many fields as the first. Of equals,
    tabs, pipes and semicolons come before commas, which also stand in numbers
    and in texts.

    Args:
        sample: The first lines.
        lines: Opens all lines; they show how quotation marks are used.
        allowed: Separators to try; the last one is used if none fits.
    """
    best, best_score = allowed[-1], -1.0
    for separator in allowed:
        score = _consistency(sample, separator)
        if score > best_score:
            best, best_score = separator, score
    return Dialect(best, _find_quotes(lines, best))


def _consistency(sample: Sequence[str], separator: str) -> float:
    """Returns the share of rows with as many fields as the first, or -1.

    It is -1 where the separator makes no table.
    """
    return max(
        _consistency_as(sample, Dialect(separator, quotes))
        for quotes in (DOUBLED, ESCAPED, PLAIN)
    )


def _consistency_as(sample: Sequence[str], dialect: Dialect) -> float:
    if not dialect.has_columns:
        return 0.0
    rows = [row for row in parse(sample, dialect) if row.fields or row.left_out]
    if not rows or not rows[0].fields:
        return -1.0
    counts = Counter(len(row.fields) for row in rows if not row.left_out)
    first = rows[0].fields
    width = len(first)
    share = counts[width] / len(rows)
    if width < 2 or (counts.most_common(1)[0][0] != width and share < 0.5):
        return -1.0
    named = any(first) and all(map(_is_label, filter(None, first)))
    # A comma that ends a clause is followed by a space.
    named &= not any(f.startswith(" ") for f in first)
    if is_named(first) or (named and share >= _CONSISTENT_WITH_HEADER):
        return share
    fields = [f for row in rows for f in row.fields[1:]]
    prose = sum(f.startswith(" ") for f in fields) > len(fields) / 2
    return share if share >= _CONSISTENT and not prose else -1.0


def _find_quotes(lines: Opener, separator: str) -> str:
    """Detects whether quotation marks enclose fields or are part of texts."""
    starts = re.compile(f'(?:^|{re.escape(separator)})"')
    quoted = escaped = 0
    for line in lines():
        if '"' in line:
            quoted += starts.search(line) is not None
            escaped += '\\"' in line
    if not quoted:
        return UNUSED
    candidates = [DOUBLED, ESCAPED] if escaped else [DOUBLED]
    found = {q: _malformed(lines(), Dialect(separator, q)) for q in candidates}
    best = min(candidates, key=lambda quotes: found[quotes][0])
    malformed, spanning = found[best]
    if not malformed and not spanning:
        return best
    if not Dialect(separator).has_columns:
        return PLAIN if malformed >= _MANY_MALFORMED * quoted else best
    widths, shapes = _line_shapes(lines(), separator)
    if malformed >= _MANY_MALFORMED * quoted:
        return PLAIN if _others(widths) <= _MAX_OTHERS else best
    # Each line is a row like all others, though a mark is open at its end.
    is_plain = separator in _RARE and not malformed
    return PLAIN if is_plain and not _others(widths) + _others(shapes) else best


def _malformed(lines: Iterable[str], dialect: Dialect) -> tuple[int, int]:
    """Counts lines of malformed rows, and rows of more than one line."""
    malformed = spanning = width = 0
    for row in parse(lines, dialect):
        width = width or len(row.fields)
        if row.left_out or len(row.fields) > width:
            malformed += row.lines
        else:
            spanning += row.lines > 1
    return malformed, spanning


def _line_shapes(
    lines: Iterable[str], separator: str
) -> tuple[Counter[int], Counter[tuple[bool, bool]]]:
    """Counts lines by their width, and all but the first by their shape.

    A shape is whether the first and the last field are numbers.
    """
    widths: Counter[int] = Counter()
    shapes: Counter[tuple[bool, bool]] = Counter()
    for line in lines:
        if not line.isspace():
            fields = line.rstrip("\r\n").split(separator)
            if widths:
                shapes[_is_number(fields[0]), _is_number(fields[-1])] += 1
            widths[line.count(separator)] += 1
    return widths, shapes


def _others(counts: Counter[Any]) -> float:
    """Returns the share that is not the most common."""
    total = counts.total()
    return 1 - counts.most_common(1)[0][1] / total if total else 0.0


def _is_number(field: str) -> bool:
    return _NUMBER.fullmatch(field) is not None


def has_header(rows: Sequence[Sequence[str]], options: ReadOptions) -> bool:
    """Checks whether the first row names the columns.

    Args:
        rows: The first rows of the table, at least one.
        options: What is known.
    """
    first, rest = rows[0], rows[1:]
    if options.header != "auto":
        return options.header == "yes"
    wanted = {name.lower().strip() for name in options.columns}
    if wanted & {name.lower().strip() for name in first}:
        return True
    if not all(map(_is_label, filter(None, map(str.strip, first)))):
        return False
    if is_named(first):
        return True
    columns = list(itertools.zip_longest(first, *rest, fillvalue=""))
    return any(
        _differs(name, [v for v in values if v.strip()])
        for name, *values in columns
    )


def is_named(fields: Iterable[str]) -> bool:
    """Checks whether a field is a usual name of a column."""
    return any(field.strip().lower() in _NAMES for field in fields)


def _is_label(field: str) -> bool:
    return _LABEL.fullmatch(field.strip()) is not None


def _differs(name: str, values: Sequence[str]) -> bool:
    """Checks whether a field differs in form or length from those below."""
    if not name.strip() or not values:
        return False
    if sum(map(_is_number, values)) > 0.9 * len(values):
        return True
    length = sorted(map(len, values))[len(values) // 2]
    return (
        " " not in name.strip()
        and length >= _SHORT_TEXT
        and len(name) <= length / 3
    )


def first_lines(lines: Iterable[str], characters: int) -> Iterator[str]:
    """Yields lines until they have this many characters, at least one."""
    total = 0
    for line in lines:
        yield line
        total += len(line)
        if total >= characters:
            return
