"""Reads JSON from untrusted files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

# The config of a run has a few kilobytes, a manifest of a million sub-images
# some 200 MB.
_MAX_BYTES = 2**29


def parse(text: str) -> Any:
    """Parses standard JSON, without NaN and infinities.

    Raises:
        ValueError: If it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not JSON, or larger than 512 MiB.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError("it is too large")
    return parse(path.read_text(encoding="utf-8"))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number
