"""One line that tells how far a long work is, on a terminal."""

from __future__ import annotations

import sys
import time


class Progress:
    """Rewrites a line on standard error, if that is a terminal.

    Args:
        name: What is worked on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._done = 0
        self._start = time.monotonic()
        self._shown = sys.stderr.isatty()

    def step(self, total: int) -> None:
        """Counts one of `total` equal steps."""
        self._done += 1
        if not self._shown:
            return
        seconds = time.monotonic() - self._start
        left = round(seconds / self._done * (total - self._done))
        minutes, seconds_left = divmod(left, 60)
        self._write(
            f"{self._name}: {100 * self._done // total} %, "
            f"{minutes}:{seconds_left:02d} left"
        )

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._write("")

    def _write(self, line: str) -> None:
        # The second code erases what is left of a longer line.
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
