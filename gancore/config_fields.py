"""Options of a configuration: default, help, unit and range of each.

Each is declared once; the declaration checks values from Python, from the
command line and from files.
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

# The largest integer of TensorFlow and NumPy.
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

    A field of type `tuple[X, ...]` takes several values after one flag.

    Args:
        default: Value when the flag is absent; `None` for "not given".
        help: One sentence for `--help`.
        group: Heading under which `--help` lists the option.
        unit: What the number counts, for `--help`.
        low: Smallest value allowed.
        high: Largest value allowed.
        choices: The only values allowed.
        takes: Placeholder of a string in `--help`; a shell completes the
            names of a FILE or a FOLDER.
        was: Name of the option in version 0.1, a hidden alias.
        values_were: Value in version 0.1 -> value, of a string.

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
    optional: bool = False,
) -> Any:
    """Declares a positional argument.

    Args:
        help: One sentence for `--help`.
        choices: The only values allowed.
        takes: As for `option`.
        optional: Whether it may be left out, and is `None` then.

    Returns:
        A dataclass field; one of type `tuple[str, ...]` takes one or more
        values.
    """
    metadata = dict.fromkeys(("group", "unit", "low", "high"))
    return dataclasses.field(
        default=None if optional else dataclasses.MISSING,
        metadata={
            "help": help,
            "choices": choices,
            "takes": takes,
            **metadata,
        },
    )


def flat_fields(options: Any) -> list[dataclasses.Field[Any]]:
    """Returns the fields of a dataclass, with those of nested ones inline.

    A field whose `default_factory` is a dataclass of options holds a nested
    one. In Python its options are read as `config.<field>.<option>`; as flags
    and in files they have no prefix.

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


def old_names(options: type) -> dict[str, str]:
    """Returns name in version 0.1 -> name, of the options that were renamed."""
    return {
        field.metadata["was"]: field.name
        for field in flat_fields(options)
        if field.metadata.get("was")
    }


def rename_old_options(
    options: type, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns options of version 0.1 with the names and values of today.

    Args:
        options: Dataclass of options.
        found: Option -> value, as any version wrote them.
    """
    new_names = old_names(options)
    old_values = {
        field.name: field.metadata.get("values_were", {})
        for field in flat_fields(options)
    }
    renamed = {}
    for name, value in found.items():
        name = new_names.get(name, name)
        if isinstance(value, str):
            value = old_values.get(name, {}).get(value, value)
        renamed[name] = value
    return renamed
