"""One line that tells how far a long work is, on a terminal."""

from __future__ import annotations

import sys
import time


class Progress:
    """Rewrites a line on standard error, if that is a terminal.

    Args:
        name: What is worked on.
        begun: How much of it was done before; it says nothing of the speed.
        logged: Whether a file in a terminal's place gets a line at each
            tenth; it gets none by default.
    """

    def __init__(
        self, name: str, begun: int = 0, *, logged: bool = False
    ) -> None:
        self._name = name
        self._begun = self._done = begun
        self._start = time.monotonic()
        self._shown = sys.stderr.isatty()
        self._logged = logged and not self._shown
        self._line = ""

    def step(self, total: int) -> None:
        """Counts one of `total` equal steps."""
        self.reach(self._done + 1, total)

    def reach(self, done: int, total: int) -> None:
        """Tells that so much of `total` is done, in whatever unit."""
        before, self._done = self._done, done
        tenth = done * 10 // total > before * 10 // total
        if not (self._shown or (self._logged and tenth)) or (
            done <= self._begun
        ):
            return
        seconds = time.monotonic() - self._start
        left = round(seconds / (done - self._begun) * (total - done))
        minutes, seconds_left = divmod(left, 60)
        line = (
            f"{self._name}: {100 * done // total} %, "
            f"{minutes}:{seconds_left:02d} left"
        )
        if self._shown:
            self._write(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._write("")

    def _write(self, line: str) -> None:
        if line == self._line:
            return
        self._line = line
        # The second code erases what is left of a longer line.
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
