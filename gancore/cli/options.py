"""A frozen dataclass of options, turned into a command line by argparse."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gancore.cli.config_file import as_json, load_config_file
from gancore.cli.parser import (
    Parser,
    add_options,
    add_sources,
    chosen_sources,
    in_todays_names,
    nearest_flag,
    underscored,
)
from gancore.config_fields import flat_fields, from_flat
from gancore.errors import UserError

Options = TypeVar("Options")


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
    fields = flat_fields(options)
    names = {field.name for field in fields}
    words = list(in_todays_names(underscored(words, names), options))
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
        made = from_flat(
            options,
            {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in given.items()
            },
        )
    except UserError as error:
        parser.error(str(error))
    if settle:
        made = settle(made)
    if values.print_config:
        print(as_json(made), end="", flush=True)
        parser.exit()
    return made
