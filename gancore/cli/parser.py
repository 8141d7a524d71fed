"""An argparse parser that is made of a dataclass of options."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NoReturn

from gancore import __version__
from gancore.config_fields import flat_fields, flat_types


class Parser(argparse.ArgumentParser):
    """A parser whose errors take one line, and whose usage is short."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(
            add_help=False,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=80),
            **keywords,
        )

    def error(self, message: str) -> NoReturn:
        # A word of the user's may hold anything.
        line = "".join(c if c.isprintable() else "?" for c in message)
        self.exit(2, f"{self.prog}: error: {line}\n")


def add_help_and_version(parser: Parser) -> None:
    """Adds the flags that every program has."""
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
    """Adds the flags that every command has, most of them of its settings."""
    add_help_and_version(parser)
    if presets:
        parser.add_argument(
            "--preset",
            choices=list(presets),
            help="Defaults of everything below; with --help, shows them.",
        )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="Settings to take: what --print_config printed, or the folder of "
        "a run; flags beside it count more.",
    )
    parser.add_argument(
        "--print_config",
        action="store_true",
        help="Print all settings as JSON and do nothing else.",
    )


def chosen_sources(
    program: str,
    words: Sequence[str],
    presets: Mapping[str, Any] | None,
    names: Set[str],
) -> argparse.Namespace:
    """Reads ahead where the settings come from; there is one source at most.

    Args:
        program: Its name in messages.
        words: Of the command line.
        presets: The presets there are.
        names: Of the command's own options.

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
    """Adds a flag or a place for each field of a dataclass of options.

    Args:
        parser: Changed in place.
        options: Dataclass whose fields were made by `option` and `positional`.
        defaults: What counts in place of the defaults of some fields.
    """
    fields = flat_fields(options)
    groups: dict[str, argparse._ArgumentGroup] = {}
    places = ""
    hints = flat_types(options)
    # A configuration's own options first, then those of its base.
    for field in sorted(fields, key=lambda f: f.name not in vars(options)):
        heading = field.metadata["group"]
        if not heading:
            places += _add_positional(
                parser, field, hints[field.name], defaults
            )
            continue
        if heading not in groups:
            groups[heading] = parser.add_argument_group(heading)
        default = defaults.get(field.name, field.default)
        _add_flag(groups[heading], field, hints[field.name], default)
    # All flags there are would fill a screen and hide what is required.
    parser.usage = f"%(prog)s [--FLAG ...]{places}"


def _add_positional(
    parser: Parser,
    field: dataclasses.Field[Any],
    hint: Any,
    defaults: Mapping[str, Any],
) -> str:
    """Adds a word without a flag, and gives its part of the usage."""
    several = typing.get_origin(hint) is tuple
    known = field.name in defaults
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
        keywords["metavar"] = {int: "N", float: "X"}.get(hint, about["takes"])
    if about["choices"]:
        keywords["metavar"] = "{" + ",".join(map(str, about["choices"])) + "}"
    group.add_argument(f"--{field.name}", **keywords)


def nearest_flag(parser: Parser, word: str) -> str:
    """Gives a hint at the flag that was perhaps meant."""
    close = difflib.get_close_matches(word, parser._option_string_actions, 1)
    return f"; did you mean {close[0]}?" if close else "; see --help"


def underscored(words: Sequence[str], own: Set[str]) -> Iterator[str]:
    """Spells flags as they are declared, up to a word `--`.

    Args:
        words: Of the command line.
        own: Names of the command's own options.
    """
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


def in_todays_names(words: Iterable[str], options: type) -> Iterator[str]:
    """Replaces flags and values of version 0.1 by those of today.

    Args:
        words: Of the command line, flags with underscores.
        options: Dataclass whose fields were made by `option`.
    """
    fields = flat_fields(options)
    today = {f.metadata["was"]: f.name for f in fields if f.metadata.get("was")}
    values = {f.name: f.metadata.get("values_were", {}) for f in fields}
    known: Mapping[str, str] = {}
    for word in words:
        if not word.startswith("--"):
            yield known.get(word, word)
            continue
        flag, equals, value = word[2:].partition("=")
        no = "no-" if flag.startswith("no-") else ""
        name = today.get(flag.removeprefix(no), flag.removeprefix(no))
        known = values.get(name, {})
        yield f"--{no}{name}{equals}{known.get(value, value)}"
