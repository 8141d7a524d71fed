"""Reads JSON that anyone may have written."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

# A run's settings are a few kilobytes; a million sub-images some 200 MB.
_MOST_BYTES = 2**29


def parse(text: str) -> Any:
    """Parses JSON as its standard has it, without NaN and infinities.

    Raises:
        ValueError: If it is no JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_json(path: Path) -> Any:
    """Reads a file of JSON.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no JSON, or larger than any of ours.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("it is too large")
    return parse(path.read_text(encoding="utf-8"))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no finite number")
    return number
