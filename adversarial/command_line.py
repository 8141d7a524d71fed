"""A frozen dataclass of knobs, turned into a command line by argparse.

Each knob is declared once, with its help, unit and range; the same record
checks a value that comes from Python and one that comes from a shell.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import math
import sys
import types
import typing
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from adversarial.messages import UserError

Options = TypeVar("Options")


def option(
    default: Any,
    help: str,
    *,
    group: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] | None = None,
) -> Any:
    """Declares one knob of a configuration dataclass.

    Args:
        default: Value when the flag is absent; `None` for "not given".
        help: One sentence for `--help`.
        group: Heading under which `--help` lists the knob.
        unit: What the number counts, for `--help`.
        low: Smallest value allowed.
        high: Largest value allowed.
        choices: The only values allowed.

    Returns:
        A dataclass field.
    """
    metadata = dict(
        help=help, group=group, unit=unit, low=low, high=high, choices=choices
    )
    return dataclasses.field(default=default, metadata=metadata)


def check_ranges(options: Any) -> None:
    """Checks every knob against its declared range; for `__post_init__`.

    Raises:
        UserError: If a value is out of its range or not a choice.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        low, high = field.metadata["low"], field.metadata["high"]
        choices = field.metadata["choices"]
        if value is None:
            continue
        if value == "":
            raise UserError(f"--{field.name} is empty")
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(f"--{field.name} is {value}, not a finite number")
        if choices and value not in choices:
            allowed = ", ".join(map(str, choices))
            raise UserError(f"--{field.name} is {value}, not one of {allowed}")
        if low is not None and value < low:
            raise UserError(f"--{field.name} is {value}, less than {low}")
        if high is not None and value > high:
            raise UserError(f"--{field.name} is {value}, more than {high}")


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors take one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def parse(
    options: type[Options],
    description: str,
    arguments: Sequence[str] | None = None,
) -> Options:
    """Reads a configuration from the command line.

    Flags take underscores or hyphens, and `=` or a space.

    Args:
        options: Dataclass whose fields were made by `option`.
        description: First line of `--help`.
        arguments: Words to parse; `sys.argv` without the program by default.

    Returns:
        An instance of `options`. A wrong flag or value ends the program with
        one line on standard error and exit status 2.
    """
    parser = _Parser(
        description=description,
        allow_abbrev=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80),
    )
    groups: dict[str, argparse._ArgumentGroup] = {}
    hints = typing.get_type_hints(options)
    fields = dataclasses.fields(typing.cast(Any, options))
    # A configuration's own knobs first, then those of its base.
    for field in sorted(fields, key=lambda f: f.name not in vars(options)):
        group = field.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(group)
        _add(groups[group], field, hints[field.name])
    words = sys.argv[1:] if arguments is None else list(arguments)
    values, unknown = parser.parse_known_args([_underscored(w) for w in words])
    if unknown:
        known = [f"--{field.name}" for field in fields]
        close = difflib.get_close_matches(unknown[0].split("=")[0], known, 1)
        hint = f"; did you mean {close[0]}?" if close else "; see --help"
        parser.error(f"unknown argument {unknown[0]}{hint}")
    try:
        return options(**vars(values))
    except UserError as error:
        parser.error(str(error))


def _add(
    group: argparse._ArgumentGroup, field: dataclasses.Field, hint: Any
) -> None:
    about = field.metadata
    unit = f"{about['unit']}, " if about["unit"] else ""
    default = "none" if field.default is None else field.default
    keywords: dict[str, Any] = dict(
        default=field.default,
        help=f"{about['help']} [{unit}default {default}]",
    )
    if isinstance(hint, types.UnionType):
        hint = next(t for t in hint.__args__ if t is not types.NoneType)
    if hint is bool:
        keywords["action"] = argparse.BooleanOptionalAction
    else:
        keywords["type"] = hint
        keywords["metavar"] = {int: "N", float: "X"}.get(hint, "TEXT")
    if about["choices"]:
        keywords["metavar"] = "{" + ",".join(map(str, about["choices"])) + "}"
    keywords["help"] = keywords["help"].replace("%", "%%")
    group.add_argument(f"--{field.name}", **keywords)


def _underscored(word: str) -> str:
    if not word.startswith("--"):
        return word
    flag, equals, value = word[2:].partition("=")
    flag = flag.replace("-", "_")
    # argparse spells the negative of a boolean flag with a hyphen.
    if flag.startswith("no_"):
        flag = "no-" + flag[3:]
    return f"--{flag}{equals}{value}"
