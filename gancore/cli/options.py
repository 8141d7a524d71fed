"""A frozen dataclass of options, turned into a command line by argparse.

Each option is declared once, with its help, unit and range; the same record
checks a value that comes from Python and one that comes from a shell.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gancore.cli.config_file import as_json, load_config_file
from gancore.cli.parser import (
    Parser,
    add_options,
    add_sources,
    chosen_sources,
    nearest_flag,
    underscored,
)
from gancore.errors import UserError

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
    takes: str = "TEXT",
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


def check_ranges(options: Any) -> None:
    """Checks every option against its declared range; for `__post_init__`.

    Raises:
        UserError: If a value is out of its range or not a choice.
    """
    for field in dataclasses.fields(options):
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


def parse(
    options: type[Options],
    description: str,
    arguments: Sequence[str] | None = None,
    *,
    program: str | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    settle: Callable[[Options], Options] | None = None,
) -> Options:
    """Reads a configuration from the command line.

    Flags take underscores or hyphens, and `=` or a space. `--config` names a
    file whose settings are the defaults of all flags; `--print_config` prints
    the settings there are in the end, and ends the program.

    Args:
        options: Dataclass whose fields were made by `option` and `positional`.
        description: First line of `--help`.
        arguments: Words to parse; `sys.argv` without the program by default.
        program: Its name in messages; that of the script by default.
        presets: Named sets of defaults, from which `--preset` chooses and
            which other flags then change.
        settle: What is done last to the settings.

    Returns:
        An instance of `options`. A wrong flag or value ends the program with
        one line on standard error and exit status 2.
    """
    parser = Parser(prog=program, description=description)
    words = sys.argv[1:] if arguments is None else list(arguments)
    fields = dataclasses.fields(typing.cast(Any, options))
    names = {field.name for field in fields}
    words = list(underscored(words, names))
    sources = chosen_sources(parser.prog, words, presets, names)
    defaults: Mapping[str, Any] = {}
    try:
        if presets and sources.preset:
            defaults = presets[sources.preset]
        elif sources.config:
            defaults = load_config_file(options, sources.config)
    except UserError as error:
        parser.error(str(error))
    add_sources(parser, presets)
    add_options(parser, options, defaults)
    values, unknown = parser.parse_known_args(words)
    if unknown:
        word = unknown[0].split("=")[0]
        bare = {f"--{f.name}" for f in fields if not f.metadata["group"]}
        if word in bare:
            parser.error(f"{word} is given by its place, without a flag")
        parser.error(
            f"unknown argument {unknown[0]}{nearest_flag(parser, word)}"
        )
    for name in names:
        # argparse takes the word out of --flag=--, and is content with none.
        if getattr(values, name) == []:
            parser.error(f"argument --{name}: expected a value")
    given = {name: getattr(values, name) for name in names}
    try:
        made = options(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in given.items()
            }
        )
    except UserError as error:
        parser.error(str(error))
    if settle:
        made = settle(made)
    if values.print_config:
        print(as_json(made), end="", flush=True)
        parser.exit()
    return made
