"""An argparse parser built from a dataclass of options."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NoReturn

from gancore import __version__
from gancore.config_fields import flat_fields, flat_types, old_names


class Parser(argparse.ArgumentParser):
    """A parser with errors of one line and a short usage."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(
            add_help=False,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80),
            **keywords,
        )

    def error(self, message: str) -> NoReturn:
        # An argument may hold control characters.
        line = "".join(c if c.isprintable() else "?" for c in message)
        self.exit(2, f"{self.prog}: error: {line}\n")


def add_help_and_version(parser: Parser) -> None:
    """Adds `--help` and `--version`."""
    parser.add_argument(
        "-h", "--help", action="help", help="Print this and do nothing else."
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {__version__}",
        help="Print the version and do nothing else.",
    )


def add_sources(parser: Parser, presets: Mapping[str, Any] | None) -> None:
    """Adds the flags every command has: help, presets and config files."""
    add_help_and_version(parser)
    if presets:
        parser.add_argument(
            "--preset",
            choices=list(presets),
            help="Named defaults of the options below; --preset NAME --help "
            "shows them.",
        )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="JSON of options, as --print_config prints them, or the folder "
        "of a run; other flags take precedence.",
    )
    parser.add_argument(
        "--print_config",
        action="store_true",
        help="Print all options as JSON and do nothing else.",
    )


def parse_sources(
    program: str,
    words: Sequence[str],
    presets: Mapping[str, Any] | None,
    names: Set[str],
) -> argparse.Namespace:
    """Parses the flags that choose defaults, of which one may be given.

    Args:
        program: Its name in messages.
        words: Command line with canonical flags.
        presets: Preset -> defaults.
        names: Names of the command's own options.

    Returns:
        A namespace with `preset` and `config`, each perhaps `None`.
    """
    chooser = Parser(prog=program)
    chooser.set_defaults(preset=None)
    one = chooser.add_mutually_exclusive_group()
    if presets:
        one.add_argument("--preset", choices=list(presets))
    one.add_argument("--config")
    if "resume" in names:
        one.add_argument("--resume")
    return chooser.parse_known_args(words)[0]


def add_options(
    parser: Parser, options: type, defaults: Mapping[str, Any]
) -> None:
    """Adds a flag or a positional argument for each option.

    Args:
        parser: Changed in place.
        options: Dataclass whose fields were made by `option` and `positional`.
        defaults: Option -> default, where another than the field's own.
    """
    fields = flat_fields(options)
    groups: dict[str, argparse._ArgumentGroup] = {}
    positionals = ""
    hints = flat_types(options)
    # A configuration's own options first, then those of its base.
    for field in sorted(fields, key=lambda f: f.name not in vars(options)):
        heading = field.metadata["group"]
        if not heading:
            positionals += _add_positional(
                parser, field, hints[field.name], defaults
            )
            continue
        if heading not in groups:
            groups[heading] = parser.add_argument_group(heading)
        default = defaults.get(field.name, field.default)
        _add_flag(groups[heading], field, hints[field.name], default)
    # A list of all flags would hide the required arguments.
    parser.usage = f"%(prog)s [--FLAG ...]{positionals}"


def _add_positional(
    parser: Parser,
    field: dataclasses.Field[Any],
    hint: Any,
    defaults: Mapping[str, Any],
) -> str:
    """Adds a positional argument, and returns its part of the usage."""
    several = typing.get_origin(hint) is tuple
    known = field.name in defaults or field.default is None
    metavar = field.name.upper()
    nargs, usage = {
        (False, False): (None, metavar),
        (False, True): ("?", f"[{metavar}]"),
        (True, False): ("+", f"{metavar} [{metavar} ...]"),
        (True, True): ("*", f"[{metavar} ...]"),
    }[several, known]
    parser.add_argument(
        field.name,
        nargs=nargs,
        default=defaults.get(field.name),
        metavar=metavar,
        help=field.metadata["help"].replace("%", "%%"),
    )
    return f" {usage}"


def _add_flag(
    group: argparse._ArgumentGroup,
    field: dataclasses.Field[Any],
    hint: Any,
    default: Any,
) -> None:
    about = field.metadata
    unit = f"{about['unit']}, " if about["unit"] else ""
    shown = default
    if isinstance(default, tuple):
        shown = " ".join(map(str, default))
    elif isinstance(default, bool):
        shown = "on" if default else "off"
    shown = {None: "none", "": "none", " ": "a space"}.get(shown, shown)
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
        keywords["metavar"] = {int: "N", float: "X"}.get(hint, about["takes"])
    if about["choices"]:
        keywords["metavar"] = "{" + ",".join(map(str, about["choices"])) + "}"
    group.add_argument(f"--{field.name}", **keywords)


def nearest_flag(parser: Parser, word: str) -> str:
    """Returns a hint at the flag that was perhaps meant."""
    close = difflib.get_close_matches(word, parser._option_string_actions, 1)
    return f"; did you mean {close[0]}?" if close else "; see --help"


def canonical_flags(words: Iterable[str], options: type) -> Iterator[str]:
    """Yields a command line with flags as argparse knows them.

    Underscores replace hyphens, and the names and values of version 0.1 are
    replaced by those of today. Words after `--` stay.

    Args:
        words: Command line.
        options: Dataclass whose fields were made by `option` and `positional`.
    """
    fields = {field.name: field for field in flat_fields(options)}
    new_names = old_names(options)
    old_values: Mapping[str, str] = {}
    flags = True
    for word in words:
        flags = flags and word != "--"
        if not flags or not word.startswith("--"):
            yield old_values.get(word, word) if flags else word
            old_values = {}
            continue
        flag, equals, value = word[2:].partition("=")
        flag = flag.replace("-", "_")
        # argparse spells the negative of a boolean flag with a hyphen.
        negative = flag.startswith("no_") and flag not in {*fields, *new_names}
        flag = flag.removeprefix("no_") if negative else flag
        name = new_names.get(flag, flag)
        if name in fields:
            old_values = fields[name].metadata.get("values_were", {})
        yield (
            f"--{'no-' if negative else ''}{name}{equals}"
            f"{old_values.get(value, value)}"
        )
