"""Configurations as JSON: written by a run and --print_config, read back."""

from __future__ import annotations

import difflib
import json
import logging
import sys
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gancore.config_fields import (
    flat_dict,
    flat_fields,
    flat_types,
    rename_old_options,
)
from gancore.errors import UserError, first_few, printable
from gancore.io.strict_json import read_json

logger = logging.getLogger(__name__)

# Beside the options in the `config.json` of a run.
_DATA_FILES = "data_files"

_TYPE_NAMES = {
    int: "an integer",
    float: "a number",
    str: "a string",
    bool: "true or false",
    types.NoneType: "null",
}


def to_json(options: Any, data_files: Sequence[Any] = ()) -> str:
    """Returns all options of a configuration as JSON, one a line.

    Args:
        options: The configuration.
        data_files: What a run read of each file of its data; `read_config`
            leaves it out.
    """
    values = flat_dict(options)
    if data_files:
        values[_DATA_FILES] = list(data_files)
    return json.dumps(values, indent=2) + "\n"


def read_config(path: Path) -> dict[str, Any]:
    """Reads option -> value from an untrusted JSON file.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not a JSON object.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object of options")
    found.pop(_DATA_FILES, None)
    return found


def typed_values(options: type, found: dict[str, Any]) -> dict[str, Any]:
    """Returns the values that JSON holds for a dataclass of options.

    Options of version 0.1 are renamed, unknown ones left out. A list becomes
    a tuple, and an integer a float where the option is one.
    """
    hints = flat_types(options)
    return {
        name: _as_declared(value, hints[name])
        for name, value in rename_old_options(options, found).items()
        if name in hints
    }


def invalid_options(options: type, found: dict[str, Any]) -> list[str]:
    """Returns the names that a dataclass lacks, or whose type is wrong."""
    hints = flat_types(options)
    return [n for n in found if n not in hints or not _fits(found[n], hints[n])]


def load_config_file(options: type, file: str) -> dict[str, Any]:
    """Returns the values in the file that `--config` names.

    Options that are missing in the file are logged.

    Args:
        options: Dataclass of options.
        file: Path of a `config.json`, or of the folder of a run with one.

    Raises:
        UserError: If it cannot be read, or holds an unknown option or a value
            of a wrong type.
    """
    path = Path(file)
    try:
        if path.is_dir():
            path /= "config.json"
        found = rename_old_options(options, read_config(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"--config {path} cannot be read: {printable(reason)}"
        ) from error
    if wrong := invalid_options(options, found):
        problems = [_problem(options, name, found[name]) for name in wrong]
        raise UserError(f"--config {path}: {first_few(problems)}")
    if missing := [f.name for f in flat_fields(options) if f.name not in found]:
        logger.warning(
            f"{path} lacks {first_few(missing)}; flags or defaults are used"
        )
    return typed_values(options, found)


def _problem(options: type, name: str, value: Any) -> str:
    """Describes an unknown option or a value of a wrong type."""
    hints = flat_types(options)
    if name in hints:
        shown = printable(json.dumps(value), 40)
        return f'"{name}" is {shown}, not {_type_name(hints[name])}'
    close = difflib.get_close_matches(name, hints, 1)
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    return f'"{printable(name, 40)}" is not an option of this command{hint}'


def _type_name(hint: Any) -> str:
    names = []
    for kind in _union_members(hint):
        if typing.get_origin(kind) is tuple:
            names.append(f"a list, each item {_type_name(kind.__args__[0])}")
        else:
            names.append(_TYPE_NAMES[kind])
    return " or ".join(names)


def _union_members(hint: Any) -> Sequence[Any]:
    return hint.__args__ if isinstance(hint, types.UnionType) else (hint,)


def _fits(value: Any, hint: Any) -> bool:
    """Checks whether a value of JSON is of an option's type."""
    if isinstance(hint, types.UnionType):
        return any(_fits(value, member) for member in _union_members(hint))
    if typing.get_origin(hint) is tuple:
        kind = hint.__args__[0]
        values = _as_list(value, kind)
        return values is not None and all(_fits(v, kind) for v in values)
    if hint is float:
        largest = sys.float_info.max
        return type(value) in (int, float) and abs(value) <= largest
    return type(value) is hint


def _as_list(value: Any, kind: Any) -> list[Any] | None:
    """Returns the items of a list, or `None` if a value is none.

    An option that takes several strings took one, or null, in other versions.
    """
    if isinstance(value, list):
        return value
    if kind is str and (value is None or isinstance(value, str)):
        return [] if value is None else [value]
    return None


def _as_declared(value: Any, hint: Any) -> Any:
    """Converts a value of JSON as the command line converts a word."""
    for kind in _union_members(hint):
        if typing.get_origin(kind) is tuple:
            items = _as_list(value, kind.__args__[0]) or []
            return tuple(_as_declared(v, kind.__args__[0]) for v in items)
        if kind is float and _fits(value, float):
            return float(value)
    return value
