"""Errors that a command reports in one sentence on standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gancore.logs import show_logs


class UserError(Exception):
    """An error the user can fix, reported in one sentence, no traceback.

    Attributes:
        status: Exit status of the command.
    """

    status = 2


class UnknownModel(UserError, ValueError):
    """There is no model of a name or path, or it cannot be used as asked."""


class InvalidInput(UserError, ValueError):
    """An array or option cannot be used as asked."""


class RuntimeFailure(UserError):
    """A valid command failed at run time, as on a full disk."""

    status = 1


class TrainingInterrupted(UserError):
    """A signal ended a training that can be resumed.

    Args:
        message: How to resume.
        status: Exit status, 128 plus the number of the signal.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def first_few(names: Sequence[str], limit: int = 3) -> str:
    """Joins the first names, and counts the others."""
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest


def printable(text: object, limit: int = 300) -> str:
    """Returns the first line of a text or error from an untrusted file.

    Args:
        text: May hold anything, also control sequences of a terminal. An
            error without a message is named by its class.
        limit: Characters after which the line is cut.
    """
    line = (str(text).strip() or type(text).__name__).splitlines()[0]
    shown = "".join(c if c.isprintable() else "?" for c in line[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


def nonfinite_message(what: str, stage: str) -> str:
    """Returns the message for a value that is NaN or infinite.

    Args:
        what: A loss, gradient or weight.
        stage: Training stage, or an empty text.
    """
    where = f" in the stage {stage}" if stage else ""
    return (
        f"{what} became NaN or infinite{where}; files saved before are kept; "
        "try a lower learning rate, a smaller --clip_norm, or a lower "
        "--adversarial_weight if the discriminator takes part"
    )


@contextmanager
def one_line_errors(program: str) -> Iterator[None]:
    """Runs a command so that its errors are one line, not a traceback.

    Log messages are shown, too. Exit statuses: 2 for a `UserError`; 1 for a
    `RuntimeFailure`, a missing library and an error of the operating system;
    130 for Ctrl-C; 141, without a message, if the reader of standard output
    has closed it.

    Args:
        program: Name shown in front of the message.
    """
    show_logs()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without a character shows a question mark in its place.
        sys.stdout.reconfigure(errors="replace")
    try:
        yield
    except BrokenPipeError:
        # Python flushes standard output once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except UserError as error:
        _clear_live_line()
        kind = "" if isinstance(error, TrainingInterrupted) else "error: "
        print(f"{program}: {kind}{error}", file=sys.stderr)
        sys.exit(error.status)
    except ModuleNotFoundError as error:
        name = error.name or "."
        if "." in name or name in sys.stdlib_module_names:
            raise
        _clear_live_line()
        print(
            f"{program}: error: {name} is not installed for "
            f"{sys.executable}; activate the environment of the README",
            file=sys.stderr,
        )
        sys.exit(RuntimeFailure.status)
    except OSError as error:
        _clear_live_line()
        place = f"{error.filename}: " if error.filename else ""
        message = f"{program}: error: {place}{error.strerror or error}"
        print(message, file=sys.stderr)
        sys.exit(RuntimeFailure.status)
    except KeyboardInterrupt:
        _clear_live_line()
        print(f"{program}: interrupted", file=sys.stderr)
        sys.exit(130)


def _clear_live_line() -> None:
    """Erases a progress bar on standard output, and the terminal's `^C`."""
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)
