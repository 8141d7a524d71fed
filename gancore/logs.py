"""Log messages of the packages, shown by the commands on standard error.

Every module logs to `logging.getLogger(__name__)`, so a program that uses the
packages as libraries configures their loggers as it does those of others.
"""

from __future__ import annotations

import logging
import sys

PACKAGES = ("gancore", "srgan", "textgan")


class StderrHandler(logging.Handler):
    """Prints one line a record, such as `warning: no validation set`."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = record.levelname.lower()
            # The stream of the moment, which tests and notebooks replace.
            message = self.format(record)
            if not record.exc_info:
                message = escaped(message)  # It may hold names of files.
            print(f"{level}: {message}", file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


def escaped(text: object) -> str:
    """Returns a text with its control characters escaped, as `\\n` is.

    A name of a file may hold any, also those that command a terminal.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in str(text)
    )


_HANDLER = StderrHandler()


def show_logs() -> None:
    """Shows messages of level info and above; a second call does nothing."""
    for package in PACKAGES:
        logger = logging.getLogger(package)
        logger.setLevel(logging.INFO)
        logger.addHandler(_HANDLER)
