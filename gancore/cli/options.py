"""Parses command lines into frozen dataclasses of options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gancore.cli.config_file import load_config_file, to_json
from gancore.cli.parser import (
    Parser,
    add_options,
    add_sources,
    canonical_flags,
    nearest_flag,
    parse_sources,
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
    finalize: Callable[[Options], Options] | None = None,
) -> Options:
    """Parses a command line.

    Flags take underscores or hyphens, and `=` or a space. The values of the
    file that `--config` names become the defaults of all flags;
    `--print_config` prints the resulting options and ends the program.

    Args:
        options: Dataclass whose fields were made by `option` and `positional`.
        description: First line of `--help`.
        arguments: Command line; `sys.argv[1:]` by default.
        program: Its name in messages; that of the script by default.
        presets: Preset -> defaults of options, for `--preset`; other flags
            take precedence.
        finalize: Applied to the parsed options last.

    Returns:
        An instance of `options`. A wrong flag or value ends the program with
        one line on standard error and exit status 2.
    """
    parser = Parser(prog=program, description=description)
    words = sys.argv[1:] if arguments is None else list(arguments)
    fields = flat_fields(options)
    names = {field.name for field in fields}
    words = list(canonical_flags(words, options))
    sources = parse_sources(parser.prog, words, presets, names)
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
            parser.error(f"{word} is positional, given without a flag")
        parser.error(
            f"unknown argument {unknown[0]}{nearest_flag(parser, word)}"
        )
    for name in names:
        # argparse drops the value of --flag=-- and accepts none.
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
    if finalize:
        made = finalize(made)
    if values.print_config:
        print(to_json(made), end="", flush=True)
        parser.exit()
    return made
