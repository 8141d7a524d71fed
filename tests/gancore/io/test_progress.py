import io
import logging
import re
import sys

import pytest

from gancore.io.progress import Progress
from gancore.logs import show_logs


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")

    def open_terminal():
        # In the test itself: pytest captures each stage anew.
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return open_terminal


def test_a_pipe_gets_nothing_by_default(capsys):
    with Progress("a.png") as progress:
        progress.step(1)
    assert capsys.readouterr().err == ""


def test_a_log_gets_a_line_at_each_tenth(capsys):
    with Progress("a.zip", 50, logged=True) as progress:
        for done in range(50, 101):
            progress.update(done, 100)
    lines = capsys.readouterr().err.splitlines()
    shares = [line.split(",")[0] for line in lines]
    assert shares == [f"a.zip: {p} %" for p in (60, 70, 80, 90, 100)]
    assert lines[-1] == "a.zip: 100 %, 0:00 left"


def test_a_terminal_gets_a_bar_that_is_removed(terminal):
    screen = terminal()
    with Progress("a[1].png") as progress:
        progress.step(4)
        progress.step(4)
    shown = screen.getvalue()
    assert "a[1].png" in shown and "50%" in shown
    # Erases the line, and shows the cursor again.
    assert "\x1b[2K" in shown.rpartition("50%")[2]
    assert shown.rpartition("\x1b[?25")[2].startswith("h")


def test_a_bar_shows_speed_and_time_left(terminal, monkeypatch):
    screen = terminal()
    now = [100.0]
    monkeypatch.setattr("gancore.io.progress.time.monotonic", lambda: now[0])
    with Progress("a.png", amount=12.0, unit="MPix") as progress:
        now[0] += 2
        progress.step(4)
        now[0] += 6
        progress.step(4)
    # Half of 12 in 8 seconds.
    assert "0.75 MPix/s" in screen.getvalue()
    assert re.search(r"\d:\d\d:\d\d", screen.getvalue())


def test_a_message_does_not_break_the_bar(terminal):
    screen = terminal()
    show_logs()
    with Progress("a.zip") as progress:
        progress.step(4)
        logging.getLogger("gancore.io").warning("trying again")
        progress.step(4)
    assert "warning: trying again" in screen.getvalue()


def test_the_bar_is_removed_after_ctrl_c(terminal):
    screen = terminal()
    with pytest.raises(KeyboardInterrupt), Progress("a.png") as progress:
        progress.step(4)
        raise KeyboardInterrupt
    assert screen.getvalue().rpartition("\x1b[?25")[2].startswith("h")
