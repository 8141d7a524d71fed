"""Ctrl-C, and a scheduler's SIGTERM, which wait for the end of a step."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_HEARD = "info: stopping as soon as the step or validation ends; again: at once"


class Interrupts:
    """What a person or a scheduler asked of a work that can be gone on with.

    Attributes:
        asked: Number of the first signal that came; 0 before.
    """

    def __init__(self) -> None:
        self.asked = 0

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Takes the first signal as a wish, the second as an order.

        Signals that were ignored stay so, and in another thread than the
        first, where Python hears none, all is as it was.

        Raises:
            KeyboardInterrupt: At the second one.
        """
        before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    before[number] = signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: Any) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = number
        # Standard error may be in the middle of a line of its own.
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        os.write(2, f"{clear}{_HEARD}\n".encode())
