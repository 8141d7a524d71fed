"""The columns of a table that hold the texts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

from gancore.errors import UserError, first_few, printable
from textgan.data.readers.options import ReadOptions

# Names of columns of texts, the likeliest first.
_TEXT_NAMES = ("joke", "text", "caption", "sentence", "body")
_ADDRESS = re.compile(r"\s*(?:\w+://|www\.|/)\S*\s*")
_NAMES_SHOWN = 12
# Another column is mentioned if it holds this share of the chosen one's words.
_MENTIONED = 0.2


@dataclasses.dataclass(frozen=True)
class Columns:
    """The columns that a text is made of.

    Attributes:
        indices: Their indices, in the order of the text.
        names: Names of all columns.
        join_with: Stands between the values of several.
        others: Names of other columns with texts.
    """

    indices: tuple[int, ...]
    names: tuple[str, ...]
    join_with: str = " "
    others: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the columns that are read."""
        return tuple(self.names[i] for i in self.indices)

    def text(self, fields: Sequence[str]) -> str:
        """Returns the text of a row; a missing field is blank."""
        found = [fields[i] if i < len(fields) else "" for i in self.indices]
        if len(found) == 1:
            return found[0]
        return self.join_with.join(v.strip() for v in found if v.strip())

    def __str__(self) -> str:
        shown = " and ".join(f'"{printable(name, 40)}"' for name in self.chosen)
        word = "column" if len(self.indices) == 1 else "columns"
        also = ""
        if self.others:
            names = first_few([f'"{printable(n, 40)}"' for n in self.others])
            also = f" (others with texts: {names})"
        return f"{word} {shown} of {len(self.names)}{also}"


def choose_columns(
    name: str,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: ReadOptions,
) -> Columns:
    """Chooses the columns of the texts.

    Those of the options, or one of a usual name that holds letters, or the one
    with the most letters in distinct values that are no addresses.

    Args:
        name: What messages call the file.
        names: Names of its columns.
        rows: The first rows of data.
        options: Their `columns` and `join_with` are used.

    Raises:
        UserError: If a column does not exist, or none holds a text.
    """
    if options.columns:
        indices = tuple(
            _find(name, names, wanted) for wanted in options.columns
        )
        return Columns(indices, tuple(names), options.join_with)
    letters = [
        _letters(row[i] for row in rows if i < len(row))
        for i in range(len(names))
    ]
    if not rows:
        raise UserError(f"{name} holds a header and no rows: {_listed(names)}")
    if not any(letters):
        raise UserError(
            f"{name} holds no texts: no letters in its "
            + (f"columns {_listed(names)}" if names[1:] else "only column")
        )
    best = _by_usual_name(names, letters)
    if best is None:
        best = max(range(len(names)), key=letters.__getitem__)
    others = tuple(
        other
        for i, other in enumerate(names)
        if i != best and letters[i] >= _MENTIONED * letters[best]
    )
    return Columns((best,), tuple(names), options.join_with, others)


def _find(name: str, names: Sequence[str], wanted: str) -> int:
    if wanted in names:
        return names.index(wanted)
    lower = [other.lower().strip() for other in names]
    if wanted.lower().strip() in lower:
        return lower.index(wanted.lower().strip())
    raise UserError(
        f"{name} has no column {printable(wanted, 40)}, only "
        f"{_listed(names)}; name one with --text_column"
    )


def _by_usual_name(names: Sequence[str], letters: Sequence[int]) -> int | None:
    lower = [name.lower().strip() for name in names]
    for usual in _TEXT_NAMES:
        if usual in lower and letters[lower.index(usual)]:
            return lower.index(usual)
    return None


def _letters(values: Iterable[str]) -> int:
    return sum(
        sum(map(str.isalpha, value))
        for value in set(values)
        if not _ADDRESS.fullmatch(value)
    )


def _listed(names: Sequence[str]) -> str:
    return first_few([printable(n, 40) for n in names], _NAMES_SHOWN)
