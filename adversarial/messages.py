"""How the commands speak to a person: one sentence, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something the user can mend, told in one sentence, no traceback."""


def note(sentence: str) -> None:
    """Announces a fallback or a finding, so that nothing happens silently."""
    print(f"note: {sentence}", file=sys.stderr, flush=True)


@contextmanager
def plain_errors(program: str) -> Iterator[None]:
    """Turns a `UserError` into one line on standard error and exit status 1.

    Args:
        program: Name shown in front of the sentence.
    """
    try:
        yield
    except UserError as error:
        sys.exit(f"{program}: error: {error}")
    except KeyboardInterrupt:
        print(f"{program}: stopped", file=sys.stderr)
        sys.exit(130)
