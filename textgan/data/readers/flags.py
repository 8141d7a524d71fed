"""The flags that say how files of texts are read."""

from __future__ import annotations

import dataclasses

from gancore.config_fields import option
from gancore.errors import UserError
from gancore.training.config import DATA
from textgan.data.readers.options import (
    AUTO,
    NO_SEPARATOR,
    SEPARATORS,
    ReadOptions,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadingFlags:
    """Base of the options of commands that read files of texts."""

    text_column: tuple[str, ...] = option(
        (),
        "Columns or keys of the texts, joined in this order; without it, a "
        "column of a usual name such as text or joke, else that of the longest "
        "texts. Columns without a header are 1, 2, ...",
        group=DATA,
        takes="NAME",
    )
    join_with: str = option(
        " ",
        "What stands between the values of several columns.",
        group=DATA,
    )
    separator: str = option(
        AUTO,
        "What separates the columns of a CSV, TSV or TXT file; none for one "
        "column; auto finds it.",
        group=DATA,
        choices=(AUTO, *SEPARATORS, NO_SEPARATOR),
    )
    header: str = option(
        AUTO,
        "Whether the first row of a table names its columns; auto finds it.",
        group=DATA,
        choices=(AUTO, "yes", "no"),
    )
    encoding: str = option(
        AUTO,
        "Character encoding of the files; auto finds UTF-8, UTF-16 and "
        "Windows-1252.",
        group=DATA,
        takes="NAME",
    )

    def read_options(self) -> ReadOptions:
        """Returns these options for `open_texts`.

        Raises:
            UserError: If `join_with` has nothing to join.
        """
        if self.join_with != " " and len(self.text_column) < 2:
            raise UserError(
                "--join_with takes several columns after --text_column"
            )
        return ReadOptions(
            columns=self.text_column,
            join_with=self.join_with,
            encoding=self.encoding,
            separator=self.separator,
            header=self.header,
        )
