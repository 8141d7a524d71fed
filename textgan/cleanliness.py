"""Tells texts that hold slurs or profanity, by a kept-up library's list."""

from __future__ import annotations

import functools
from typing import Any


def is_clean(text: str) -> bool:
    """Tells whether a text is free of the words on the English list.

    A list knows words, not meanings: what is cruel in clean words passes.
    """
    return not _filter().is_profane(text)


@functools.cache
def _filter() -> Any:
    from glin_profanity import Filter

    return Filter({"languages": ["english"]})
