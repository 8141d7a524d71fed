"""Settings as JSON: what a run keeps, --print_config prints, --config reads."""

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
    renamed,
)
from gancore.errors import UserError, first_few, printable
from gancore.io.strict_json import read_json

logger = logging.getLogger(__name__)

_SPOKEN = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    types.NoneType: "null",
}


def as_json(options: Any) -> str:
    """Gives all settings of a dataclass of options, one to a line."""
    return json.dumps(flat_dict(options), indent=2) + "\n"


def read_settings(path: Path) -> dict[str, Any]:
    """Reads settings that anyone may have written.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is no JSON object.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError("it holds no JSON object of settings")
    return found


def settings_of(options: type, found: dict[str, Any]) -> dict[str, Any]:
    """Gives what JSON holds of the fields of a dataclass of options.

    A list becomes a tuple, and a whole number one of the kind that is declared.
    """
    hints = flat_types(options)
    return {
        name: _as_declared(value, hints[name])
        for name, value in found.items()
        if name in hints
    }


def invalid_settings(options: type, found: dict[str, Any]) -> list[str]:
    """Names the settings that a dataclass lacks or that are of other types."""
    hints = flat_types(options)
    return [n for n in found if n not in hints or not _fits(found[n], hints[n])]


def load_config_file(options: type, file: str) -> dict[str, Any]:
    """Gives the settings that `--config` names.

    A note lists those of which the file says nothing.

    Args:
        options: Dataclass of options.
        file: Path of a `config.json`, or of the folder of a run with one.

    Raises:
        UserError: If it cannot be read, or holds what is no setting or of
            another type.
    """
    path = Path(file)
    try:
        if path.is_dir():
            path /= "config.json"
        found = renamed(options, read_settings(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"--config {path} cannot be read: {printable(reason)}"
        ) from error
    if wrong := invalid_settings(options, found):
        message = [_complaint(options, name, found[name]) for name in wrong]
        raise UserError(f"--config {path}: {first_few(message)}")
    fields = flat_fields(options)
    if missing := [f.name for f in fields if f.name not in found]:
        logger.warning(
            f"{path} leaves out {first_few(missing)}: what is not given beside "
            "it is by default"
        )
    return settings_of(options, found)


def _complaint(options: type, name: str, value: Any) -> str:
    """Says what is wrong with a setting."""
    hints = flat_types(options)
    if name in hints:
        shown = printable(json.dumps(value), 40)
        return f'"{name}" is {shown}, not {_spoken(hints[name])}'
    close = difflib.get_close_matches(name, hints, 1)
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    return f'"{printable(name, 40)}" is no setting of this command{hint}'


def _spoken(hint: Any) -> str:
    """Says in words what an option takes."""
    message = []
    for kind in _kinds(hint):
        if typing.get_origin(kind) is tuple:
            message.append(f"a list, each {_spoken(kind.__args__[0])}")
        else:
            message.append(_SPOKEN[kind])
    return " or ".join(message)


def _kinds(hint: Any) -> Sequence[Any]:
    """Gives the types of a union, or the one type there is."""
    return hint.__args__ if isinstance(hint, types.UnionType) else (hint,)


def _fits(value: Any, hint: Any) -> bool:
    """Tells whether a value of JSON is of an option's type."""
    if isinstance(hint, types.UnionType):
        return any(_fits(value, one) for one in _kinds(hint))
    if typing.get_origin(hint) is tuple:
        kind = hint.__args__[0]
        return isinstance(value, list) and all(_fits(v, kind) for v in value)
    if hint is float:
        largest = sys.float_info.max
        return type(value) in (int, float) and abs(value) <= largest
    return type(value) is hint


def _as_declared(value: Any, hint: Any) -> Any:
    """Gives a value of JSON as the command line would."""
    for kind in _kinds(hint):
        if typing.get_origin(kind) is tuple and isinstance(value, list):
            return tuple(_as_declared(v, kind.__args__[0]) for v in value)
        if kind is float and _fits(value, float):
            return float(value)
    return value
