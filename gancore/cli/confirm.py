"""What a person is shown and asked before a download begins."""

from __future__ import annotations

import dataclasses
import sys

from gancore.config_fields import check_ranges, option
from gancore.training.config import DATA


@dataclasses.dataclass(frozen=True, kw_only=True)
class DownloadOptions:
    """Base of the options of both commands `download`."""

    data_dir: str | None = option(
        None,
        "Folder to put the data into; by default where training looks first.",
        group=DATA,
        takes="FOLDER",
    )
    yes: bool = option(
        False,
        "Does not ask; without a terminal nobody is asked anyway.",
        group=DATA,
    )

    def __post_init__(self) -> None:
        check_ranges(self)


def confirm(facts: str, yes: bool) -> bool:
    """Shows what is to be downloaded and asks whether to go on.

    Args:
        facts: Lines to show: what it is, its size, licence and place.
        yes: Answers in a person's place.

    Returns:
        Whether to go on. A script that calls the command wants it to.
    """
    print(facts, file=sys.stderr, flush=True)
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print("Go on? [Y/n] ", end="", file=sys.stderr, flush=True)
    # Nothing at all is what Ctrl-D gives.
    answer = sys.stdin.readline()
    if answer.strip().lower() in ("y", "yes") or answer == "\n":
        return True
    print("nothing was downloaded", file=sys.stderr)
    return False
