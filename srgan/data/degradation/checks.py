"""Fields of a configuration that check their own values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from gancore.errors import UserError


def checked_field(default: Any, rule: str, holds: Callable[[Any], bool]) -> Any:
    """Declares a field with a rule, in words, and what tests it."""
    return dataclasses.field(
        default=default, metadata={"rule": rule, "holds": holds}
    )


def value_range(default: tuple[float, float], low: float, high: float) -> Any:
    """Declares a range of real numbers between two bounds."""
    return checked_field(
        default,
        f"a range within {low:g}..{high:g}",
        lambda pair: len(pair) == 2 and low <= pair[0] <= pair[1] <= high,
    )


def whole_range(default: tuple[int, int], low: int, high: int) -> Any:
    """Declares a range of integers between two bounds."""
    return checked_field(
        default,
        f"a range of integers within {low}..{high}",
        lambda pair: (
            len(pair) == 2
            and all(isinstance(end, int) for end in pair)
            and low <= pair[0] <= pair[1] <= high
        ),
    )


def probability(default: float) -> Any:
    """Declares a probability."""
    return checked_field(
        default, "a probability from 0 to 1", lambda share: 0 <= share <= 1
    )


def shares(*default: float) -> Any:
    """Declares shares, as many as given, that sum to 1."""
    return checked_field(
        default,
        f"{len(default)} shares that sum to 1",
        lambda given: (
            len(given) == len(default)
            and min(given) >= 0
            and math.isclose(sum(given), 1, abs_tol=1e-6)
        ),
    )


class Checked:
    """Base of a dataclass that checks each field against its rule."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if "holds" in field.metadata and not field.metadata["holds"](value):
                raise UserError(
                    f"{field.name} is {value}, not {field.metadata['rule']}"
                )
