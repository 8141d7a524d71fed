"""Fields of a configuration: a default with its help, unit and range.

Each is declared once; the same record checks a value that comes from Python
and one that comes from a shell or a file.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from gancore.errors import UserError

Options = typing.TypeVar("Options")

# What whole numbers of TensorFlow and NumPy hold.
_LARGEST = 2**63 - 1


def option(
    default: Any,
    help: str,
    *,
    group: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] | None = None,
    takes: str = "TEXT",
    was: str = "",
    values_were: Mapping[str, str] = types.MappingProxyType({}),
) -> Any:
    """Declares one option of a configuration dataclass.

    A field of type `tuple[X, ...]` takes several words after one flag.

    Args:
        default: Value when the flag is absent; `None` for "not given".
        help: One sentence for `--help`.
        group: Heading under which `--help` lists the option.
        unit: What the number counts, for `--help`.
        low: Smallest value allowed.
        high: Largest value allowed.
        choices: The only values allowed.
        takes: What a text stands for, for `--help`; a shell completes the
            names of a FILE or a FOLDER.
        was: Name of the option in version 0.1, still understood.
        values_were: Old value -> value, of a text.

    Returns:
        A dataclass field.
    """
    metadata = dict(
        help=help,
        group=group,
        unit=unit,
        low=low,
        high=high,
        choices=choices,
        takes=takes,
        was=was,
        values_were=values_were,
    )
    return dataclasses.field(default=default, metadata=metadata)


def positional(
    help: str,
    *,
    choices: Sequence[Any] | None = None,
    takes: str = "TEXT",
) -> Any:
    """Declares a required word without a flag, or several.

    Args:
        help: One sentence for `--help`.
        choices: The only values allowed.
        takes: As for `option`.

    Returns:
        A dataclass field; one of type `tuple[str, ...]` takes all the words
        there are, at least one.
    """
    metadata = dict.fromkeys(("group", "unit", "low", "high"))
    return dataclasses.field(
        metadata={
            "help": help,
            "choices": choices,
            "takes": takes,
            **metadata,
        }
    )


def flat_fields(options: Any) -> list[dataclasses.Field[Any]]:
    """Returns the options of a dataclass, those of nested ones in their place.

    A field whose `default_factory` is a dataclass of options holds a nested
    one. In Python its options are read as `config.<field>.<option>`; as flags
    and in files they stand among the configuration's own, without a prefix.

    Args:
        options: A dataclass of options, or an instance of one.
    """
    fields: list[dataclasses.Field[Any]] = []
    for field in dataclasses.fields(options):
        kind = _nested(field)
        fields += flat_fields(kind) if kind else [field]
    return fields


def _nested(field: dataclasses.Field[Any]) -> Any:
    """Returns the dataclass that a field holds, or `None`."""
    kind = field.default_factory
    return kind if dataclasses.is_dataclass(kind) else None


def flat_types(options: type) -> dict[str, Any]:
    """Returns option -> its type, those of nested dataclasses among them."""
    types_: dict[str, Any] = {}
    hints = typing.get_type_hints(options)
    for field in dataclasses.fields(options):
        kind = _nested(field)
        types_ |= flat_types(kind) if kind else {field.name: hints[field.name]}
    return types_


def flat_dict(options: Any) -> dict[str, Any]:
    """Returns option -> value, those of nested dataclasses among them."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        values |= flat_dict(value) if _nested(field) else {field.name: value}
    return values


def from_flat(options: type[Options], values: Mapping[str, Any]) -> Options:
    """Builds a dataclass of options from the values of `flat_dict`.

    Args:
        options: The dataclass.
        values: Option -> value; one that is absent has its default.

    Raises:
        UserError: If a value is out of its range.
    """
    rest = dict(values)
    for field in dataclasses.fields(typing.cast(Any, options)):
        if kind := _nested(field):
            names = [f.name for f in flat_fields(kind) if f.name in rest]
            own = {name: rest.pop(name) for name in names}
            rest[field.name] = from_flat(kind, own)
    return options(**rest)


def check_ranges(options: Any) -> None:
    """Checks every option against its declared range; for `__post_init__`.

    A nested dataclass checks itself.

    Raises:
        UserError: If a value is out of its range or not a choice.
    """
    for field in dataclasses.fields(options):
        if _nested(field):
            continue
        value = getattr(options, field.name)
        low, high = field.metadata["low"], field.metadata["high"]
        choices = field.metadata["choices"]
        name = field.name
        flag = f"--{name}" if field.metadata["group"] else name.upper()
        for item in value if isinstance(value, tuple) else (value,):
            _check(flag, item, low, high, choices)


def _check(
    flag: str,
    value: Any,
    low: float | None,
    high: float | None,
    choices: Sequence[Any] | None,
) -> None:
    if value is None:
        return
    if value == "":
        raise UserError(f"{flag} is empty")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{flag} is {value}, not a finite number")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise UserError(f"{flag} has more than 64 bits")
    if choices and value not in choices:
        allowed = ", ".join(map(str, choices))
        raise UserError(f"{flag} is {value}, not one of {allowed}")
    if low is not None and value < low:
        raise UserError(f"{flag} is {value}, less than {low}")
    if high is not None and value > high:
        raise UserError(f"{flag} is {value}, more than {high}")


def renamed(options: type, found: Mapping[str, Any]) -> dict[str, Any]:
    """Returns settings of version 0.1 by the names and values of today.

    Args:
        options: Dataclass of options.
        found: Setting -> value, as an older version wrote them.
    """
    fields = flat_fields(options)
    today = {f.metadata["was"]: f.name for f in fields if f.metadata.get("was")}
    values = {f.name: f.metadata.get("values_were", {}) for f in fields}
    settings = {}
    for old, value in found.items():
        name = today.get(old, old)
        known = values.get(name, {}) if isinstance(value, str) else {}
        settings[name] = known.get(value, value)
    return settings
