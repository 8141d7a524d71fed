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
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from adversarial.messages import UserError

Options = TypeVar("Options")

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
) -> Any:
    """Declares one knob of a configuration dataclass.

    A field of type `tuple[X, ...]` takes several words after one flag.

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


def positional(help: str) -> Any:
    """Declares a required word without a flag, or several.

    Args:
        help: One sentence for `--help`.

    Returns:
        A dataclass field; one of type `tuple[str, ...]` takes all the words
        there are, at least one.
    """
    nothing = dict.fromkeys(("group", "unit", "low", "high", "choices"))
    return dataclasses.field(metadata={"help": help, **nothing})


def check_ranges(options: Any) -> None:
    """Checks every knob against its declared range; for `__post_init__`.

    Raises:
        UserError: If a value is out of its range or not a choice.
    """
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        low, high = field.metadata["low"], field.metadata["high"]
        choices = field.metadata["choices"]
        for item in value if isinstance(value, tuple) else (value,):
            _check(f"--{field.name}", item, low, high, choices)


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


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors take one line."""

    def error(self, message: str) -> NoReturn:
        # A word of the user's may hold anything.
        line = "".join(c if c.isprintable() else "?" for c in message)
        self.exit(2, f"{self.prog}: error: {line}\n")


def parse(
    options: type[Options],
    description: str,
    arguments: Sequence[str] | None = None,
    *,
    program: str | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> Options:
    """Reads a configuration from the command line.

    Flags take underscores or hyphens, and `=` or a space.

    Args:
        options: Dataclass whose fields were made by `option` and `positional`.
        description: First line of `--help`.
        arguments: Words to parse; `sys.argv` without the program by default.
        program: Its name in messages; that of the script by default.
        presets: Named sets of defaults, from which `--preset` chooses and
            which other flags then change.

    Returns:
        An instance of `options`. A wrong flag or value ends the program with
        one line on standard error and exit status 2.
    """
    parser = _Parser(
        prog=program,
        description=description,
        allow_abbrev=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80),
    )
    words = sys.argv[1:] if arguments is None else list(arguments)
    fields = dataclasses.fields(typing.cast(Any, options))
    words = list(_underscored(words, {field.name for field in fields}))
    defaults: Mapping[str, Any] = {}
    if presets:
        _add_preset(parser, presets)
        chooser = _Parser(prog=parser.prog, add_help=False, allow_abbrev=False)
        _add_preset(chooser, presets)
        chosen = chooser.parse_known_args(words)[0].preset
        defaults = presets[chosen] if chosen else {}
    groups: dict[str, argparse._ArgumentGroup] = {}
    hints = typing.get_type_hints(options)
    # A configuration's own knobs first, then those of its base.
    for field in sorted(fields, key=lambda f: f.name not in vars(options)):
        heading = field.metadata["group"]
        if not heading:
            _add_positional(parser, field, hints[field.name])
            continue
        if heading not in groups:
            groups[heading] = parser.add_argument_group(heading)
        default = defaults.get(field.name, field.default)
        _add(groups[heading], field, hints[field.name], default)
    values, unknown = parser.parse_known_args(words)
    if unknown:
        word = unknown[0].split("=")[0]
        bare = {f"--{f.name}" for f in fields if not f.metadata["group"]}
        if word in bare:
            parser.error(f"{word} is given by its place, without a flag")
        known = [f"--{f.name}" for f in fields if f"--{f.name}" not in bare]
        close = difflib.get_close_matches(word, known, 1)
        hint = f"; did you mean {close[0]}?" if close else "; see --help"
        parser.error(f"unknown argument {unknown[0]}{hint}")
    for name, value in vars(values).items():
        # argparse takes the word out of --flag=--, and is content with none.
        if value == []:
            parser.error(f"argument --{name}: expected a value")
    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(values).items()
        if name != "preset" or not presets
    }
    try:
        return options(**given)
    except UserError as error:
        parser.error(str(error))


def _add_preset(parser: _Parser, presets: Mapping[str, Any]) -> None:
    parser.add_argument(
        "--preset",
        choices=list(presets),
        help="Defaults of everything below; with --help, shows them.",
    )


def _add_positional(
    parser: _Parser, field: dataclasses.Field, hint: Any
) -> None:
    several = typing.get_origin(hint) is tuple
    parser.add_argument(
        field.name,
        nargs="+" if several else None,
        metavar=field.name.upper(),
        help=field.metadata["help"].replace("%", "%%"),
    )


def _add(
    group: argparse._ArgumentGroup,
    field: dataclasses.Field,
    hint: Any,
    default: Any,
) -> None:
    about = field.metadata
    unit = f"{about['unit']}, " if about["unit"] else ""
    shown = default
    if isinstance(default, tuple):
        shown = " ".join(map(str, default))
    shown = "none" if shown in (None, "") else shown
    text = f"{about['help']} [{unit}default {shown}]".replace("%", "%%")
    keywords: dict[str, Any] = dict(default=default, help=text)
    if isinstance(hint, types.UnionType):
        hint = next(t for t in hint.__args__ if t is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        hint = hint.__args__[0]
        keywords["nargs"] = "+"
    if hint is bool:
        keywords["action"] = argparse.BooleanOptionalAction
    else:
        keywords["type"] = hint
        keywords["metavar"] = {int: "N", float: "X"}.get(hint, "TEXT")
    if about["choices"]:
        keywords["metavar"] = "{" + ",".join(map(str, about["choices"])) + "}"
    group.add_argument(f"--{field.name}", **keywords)


def _underscored(words: Sequence[str], own: set[str]) -> Iterator[str]:
    """Spells flags as they are declared, up to a word `--`."""
    flags = True
    for word in words:
        flags = flags and word != "--"
        if not flags or not word.startswith("--"):
            yield word
            continue
        flag, equals, value = word[2:].partition("=")
        flag = flag.replace("-", "_")
        # argparse spells the negative of a boolean flag with a hyphen.
        if flag.startswith("no_") and flag not in own:
            flag = "no-" + flag[3:]
        yield f"--{flag}{equals}{value}"
