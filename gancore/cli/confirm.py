"""Asks for confirmation before a download."""

from __future__ import annotations

import dataclasses
import sys

from gancore.config_fields import check_ranges, option
from gancore.training.config import DATA


@dataclasses.dataclass(frozen=True, kw_only=True)
class DownloadOptions:
    """Options of the command `download` of both packages."""

    data_dir: str | None = option(
        None,
        "Folder for the data; without it, the first one that training reads.",
        group=DATA,
        takes="FOLDER",
    )
    yes: bool = option(
        False,
        "Download without asking for confirmation, as is done where there is "
        "no terminal.",
        group=DATA,
    )

    def __post_init__(self) -> None:
        check_ranges(self)


def confirm(facts: str, yes: bool) -> bool:
    """Shows what is to be downloaded and asks whether to continue.

    Args:
        facts: Lines to show: name, size, licence and folder.
        yes: Continue without asking.

    Returns:
        Whether to continue; true where no terminal can be asked.
    """
    print(facts, file=sys.stderr, flush=True)
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print("Continue? [Y/n] ", end="", file=sys.stderr, flush=True)
    # Ctrl-D gives an empty line without a newline.
    answer = sys.stdin.readline()
    if answer.strip().lower() in ("y", "yes") or answer == "\n":
        return True
    print("nothing was downloaded", file=sys.stderr)
    return False
