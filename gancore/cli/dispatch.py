"""Commands of a package: `python -m package command ...`."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gancore import __version__
from gancore.cli.options import parse
from gancore.errors import one_line_errors


@dataclasses.dataclass(frozen=True)
class Command:
    """One command, whose module is imported when it is called.

    Attributes:
        module: Name of a module with a function `run`, which takes the
            options and returns an exit status.
        options: Name of the dataclass of options in that module.
        about: What the command does, one sentence.
        presets_in: Name of a module with `PRESETS`, if there is one.
        finalize: Applied to the parsed options last, such as
            `resolve_resume`.
    """

    module: str
    options: str
    about: str
    presets_in: str = ""
    finalize: Callable[[Any], Any] | None = None

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Returns preset -> defaults of options."""
        if not self.presets_in:
            return {}
        found: Mapping[str, Mapping[str, Any]] = importlib.import_module(
            self.presets_in
        ).PRESETS
        return found


_COMPLETION = Command(
    "gancore.cli.completion",
    "CompletionOptions",
    "Prints a script that completes these commands in bash, zsh or fish.",
)


def run_command(
    program: str,
    commands: Mapping[str, Command],
    arguments: Sequence[str] | None = None,
    *,
    scripts: Mapping[str, Command] = types.MappingProxyType({}),
) -> int:
    """Runs the command that the first argument names.

    Args:
        program: Name of the program in messages, such as `python -m srgan`.
        commands: Name -> command; `completion` is added to them.
        arguments: Command line; `sys.argv[1:]` by default.
        scripts: Name -> command of other programs to complete.

    Returns:
        The command's exit status; 2 if there is no such command.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    commands = {**commands, "completion": _COMPLETION}
    if words[:1] == ["--version"]:
        print(program, __version__)
        return 0
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: {program} COMMAND ...\n")
        width = max(map(len, commands))
        for name, command in commands.items():
            print(f"  {name:{width}}  {command.about}")
        print(
            f"\n{program} COMMAND --help shows the options of one, --version "
            "the version."
        )
        return 0 if words else 2
    if words[0] not in commands:
        close = difflib.get_close_matches(words[0], commands, 1)
        hint = f"did you mean {close[0]}?" if close else "see --help"
        print(
            f"{program}: error: no command {words[0]!r}; {hint}",
            file=sys.stderr,
        )
        return 2
    command = commands[words[0]]
    if command is not _COMPLETION:
        return run_program(f"{program} {words[0]}", command, words[1:])
    with one_line_errors(f"{program} completion"):
        module = importlib.import_module(command.module)
        options = _parse(f"{program} completion", command, words[1:])
        name = program.split()[-1]
        print(module.completion_script(options.shell, name, commands, scripts))
    return 0


def run_program(
    program: str, command: Command, arguments: Sequence[str] | None = None
) -> int:
    """Runs one command, as a program of its own.

    Args:
        program: Name of the program in messages, such as `train_srgan.py`.
        command: The command.
        arguments: Command line; `sys.argv[1:]` by default.

    Returns:
        The command's exit status.
    """
    with one_line_errors(program):
        options = _parse(program, command, arguments)
        status: int = importlib.import_module(command.module).run(options)
    return status


def _parse(
    program: str, command: Command, arguments: Sequence[str] | None
) -> Any:
    module = importlib.import_module(command.module)
    return parse(
        getattr(module, command.options),
        command.about,
        arguments,
        program=program,
        presets=command.presets(),
        finalize=command.finalize,
    )
