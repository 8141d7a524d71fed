"""Scripts for shells that complete the commands with the Tab key."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gancore.cli.parser import (
    Parser,
    add_help_and_version,
    add_options,
    add_sources,
)
from gancore.config_fields import check_ranges, flat_fields, positional
from gancore.lazy import require

if TYPE_CHECKING:
    from gancore.cli.dispatch import Command


@dataclasses.dataclass(frozen=True, kw_only=True)
class CompletionOptions:
    """Options of `python -m package completion`."""

    shell: str = positional(
        "Shell to print a script for: bash, zsh or fish.",
        choices=("bash", "zsh", "fish"),
    )

    def __post_init__(self) -> None:
        check_ranges(self)


def completion_script(
    shell: str,
    program: str,
    commands: Mapping[str, Command],
    scripts: Mapping[str, Command],
) -> str:
    """Returns a script for a shell that completes command lines.

    Args:
        shell: One of the choices of `CompletionOptions`.
        program: Name of the program that has the commands.
        commands: Name -> command of the program.
        scripts: Name -> command of other programs.

    Raises:
        UserError: If shtab is not installed.
    """
    require("shtab", extra="completion")
    import shtab

    root = Parser(prog=program)
    add_help_and_version(root)
    subparsers = root.add_subparsers()
    for name, command in commands.items():
        _fill(subparsers.add_parser(name, help=command.about), command)
    parsers = [root]
    for name, command in scripts.items():
        parsers.append(Parser(prog=name))
        _fill(parsers[-1], command)
    return "\n".join(shtab.complete(parser, shell) for parser in parsers)


def _fill(parser: Parser, command: Command) -> None:
    """Adds the flags of a command and the completions of their values."""
    import shtab

    options = getattr(importlib.import_module(command.module), command.options)
    add_sources(parser, command.presets())
    add_options(parser, options, {})
    metadata = {field.name: field.metadata for field in flat_fields(options)}
    names = {"FILE": shtab.FILE, "FOLDER": shtab.DIRECTORY}
    for action in parser._actions:
        about: Mapping[str, Any] = metadata.get(action.dest, {})
        takes = "FILE" if action.dest == "config" else about.get("takes", "")
        if about.get("choices"):
            action.choices = about["choices"]
        if takes in names:
            action.complete = names[takes]  # type: ignore[attr-defined]
