"""How the commands speak to a person: one sentence, on standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gancore.logs import show_logs


class UserError(Exception):
    """Something the user can mend, told in one sentence, no traceback.

    Attributes:
        status: Exit status of a command that it ends.
    """

    status = 2


class RuntimeFailure(UserError):
    """The command was right but its work failed, as on a full disk."""

    status = 1


class TrainingInterrupted(UserError):
    """A person or a scheduler ended work that can be gone on with.

    Args:
        sentence: Says how.
        status: Exit status, 128 and the number of the signal.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def first_few(names: Sequence[str], most: int = 3) -> str:
    """Lists the first of many names, and tells how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def printable(said: object, most: int = 300) -> str:
    """Gives the first line of what a stranger's file may have said.

    Args:
        said: A text or an error, with anything in it, also what steers a
            terminal. An error that says nothing is named.
        most: Characters after which the line is cut.
    """
    line = (str(said).strip() or type(said).__name__).splitlines()[0]
    shown = "".join(c if c.isprintable() else "?" for c in line[: most + 1])
    return shown if len(shown) <= most else f"{shown[:most]}..."


def nonfinite_message(what: str, stage: str) -> str:
    """Says that a number of a training became none, and what may help.

    Args:
        what: A loss or gradient.
        stage: Of the training; nothing if it has none.
    """
    where = f" in the stage {stage}" if stage else ""
    return (
        f"{what} became infinite or no number{where}; files saved before are "
        "as they were; try a lower learning rate, a smaller --clip_norm, or a "
        "lower --adversarial_weight if the discriminator takes part"
    )


@contextmanager
def one_line_errors(program: str) -> Iterator[None]:
    """Runs a command so that a user's mistake is one line, not a traceback.

    A mistake in the command ends the program with one sentence and status 2,
    work that failed, a library that is not there and an error of the operating
    system with status 1; Ctrl-C with status 130; a reader of the output that
    went away, silently, with status 141.

    Args:
        program: Name shown in front of the sentence.
    """
    show_logs()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a letter shows a question mark in its place.
        sys.stdout.reconfigure(errors="replace")
    try:
        yield
    except BrokenPipeError:
        # Python flushes standard output once more at its end.
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
            f"{sys.executable}; activate the environment that the README makes",
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
        print(f"{program}: stopped", file=sys.stderr)
        sys.exit(130)


def _clear_live_line() -> None:
    """Takes away what progress was last drawn, and the terminal's `^C`."""
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)
