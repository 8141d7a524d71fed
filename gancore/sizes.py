"""Sizes of memory in words, such as 512MiB."""

from __future__ import annotations

import re

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Reads a number of bytes.

    Args:
        text: Such as `512MiB`, `1.5 GiB`, `1G` (both of 1024), `800MB` (of
            1000), or a number of bytes.

    Returns:
        Bytes.

    Raises:
        ValueError: If it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no size such as 512MiB or 2GiB")
    number, unit, binary = match.groups()
    # 1M is taken as 1MiB, as by most tools; 1MB is decimal.
    decimal = not binary and text.strip().lower().endswith("b")
    units = _DECIMAL if decimal else _UNITS
    return int(float(number) * units[unit.lower()])


def format_size(size: int) -> str:
    """Formats bytes in the largest unit of which there is one, as 1.5 GiB."""
    number, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.3g} {unit}"
