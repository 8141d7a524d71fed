"""A progress bar with the time left, for work outside of training."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rich.progress


class Progress:
    """Shows the progress of one piece of work on standard error.

    A terminal gets a bar, which is removed when the `with` block ends and
    below which log messages do not break it. Anything else gets nothing, or a
    line at each tenth.

    Args:
        name: What is worked on.
        start: How much of it was done before, which is not counted as speed.
        logged: Whether a file or pipe gets lines.
        amount: The whole work in another unit, in which its speed is shown,
            such as megapixels.
        unit: Name of that unit.
    """

    def __init__(
        self,
        name: str,
        start: int = 0,
        *,
        logged: bool = False,
        amount: float = 0.0,
        unit: str = "",
    ) -> None:
        self._name = name
        self._start = self._done = start
        self._logged = logged
        self._amount, self._unit = amount, unit
        self._bar: rich.progress.Progress | None = None

    def __enter__(self) -> Progress:
        self._time = time.monotonic()
        if sys.stderr.isatty():
            self._bar = _bar_on_stderr()
            self._task = self._bar.add_task(
                self._name, total=None, completed=self._start, speed=""
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, total: int) -> None:
        """Counts one of `total` equal steps."""
        self.update(self._done + 1, total)

    def update(self, done: int, total: int) -> None:
        """Shows that `done` of `total` is done, in any unit."""
        tenth = done * 10 // total > self._done * 10 // total
        self._done = done
        if self._bar:
            self._bar.update(
                self._task,
                completed=done,
                total=total,
                speed=self._speed((done - self._start) / total),
            )
        elif self._logged and tenth and done > self._start:
            seconds = time.monotonic() - self._time
            left = round(seconds / (done - self._start) * (total - done))
            print(
                f"{self._name}: {100 * done // total} %, "
                f"{left // 60}:{left % 60:02} left",
                file=sys.stderr,
                flush=True,
            )

    def _speed(self, share: float) -> str:
        """Formats the mean speed after a share of the work."""
        seconds = time.monotonic() - self._time
        if not self._amount or seconds <= 0:
            return ""
        return f"{self._amount * share / seconds:.2f} {self._unit}/s"


def _bar_on_stderr() -> rich.progress.Progress:
    import rich.console
    import rich.progress

    return rich.progress.Progress(
        # A name is no markup.
        rich.progress.TextColumn("{task.description}", markup=False),
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(),
        rich.progress.TextColumn("{task.fields[speed]}", markup=False),
        rich.progress.TimeRemainingColumn(),
        console=rich.console.Console(stderr=True),
        transient=True,
    )
