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
            print(
                f"{level}: {self.format(record)}", file=sys.stderr, flush=True
            )
        except Exception:
            self.handleError(record)


_HANDLER = StderrHandler()


def show_logs() -> None:
    """Shows messages of level info and above; a second call does nothing."""
    for package in PACKAGES:
        logger = logging.getLogger(package)
        logger.setLevel(logging.INFO)
        logger.addHandler(_HANDLER)
