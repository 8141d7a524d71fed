"""The folder of a training run: made anew, or gone on with."""

from __future__ import annotations

import dataclasses
import json
import time
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from adversarial.files import remove_partial_files, whole_file
from adversarial.locks import hold
from adversarial.messages import FailedWork, UserError, first_few, note
from adversarial.strict_json import read_json

Options = TypeVar("Options", bound=Any)


def open_run_folder(config: Any, package: str, dataset: str) -> Path:
    """Gives the folder `--resume` names, or makes one.

    Args:
        config: The run's configuration.
        package: Name of the GAN's package.
        dataset: Name of the data.

    Raises:
        UserError: If another process is training in it.
        FailedWork: If the folder cannot be made or written.
    """
    if config.resume:
        folder = Path(config.resume).resolve()
    else:
        root = Path(config.runs_dir)
        folder = make_run_folder(root, package, dataset, config)
    hold(folder)
    remove_partial_files(folder, "**/.*")
    return folder


def resumed(config: Options) -> Options:
    """Gives the settings of the run that `--resume` names.

    Raises:
        UserError: If it is no folder of a run, or of one with other settings.
    """
    if not config.resume:
        return config
    path = Path(config.resume) / "config.json"
    try:
        found = read_json(path)
        settings = settings_of(type(config), found)
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(
            f"{config.resume} is no folder of a run: {error}"
        ) from error
    hints = typing.get_type_hints(type(config))
    wrong = [n for n in found if n not in hints] + [
        n for n in hints if n not in found or not _fits(found[n], hints[n])
    ]
    if wrong:
        raise UserError(
            f"{path} is of another program or version, or damaged: "
            + first_few(wrong)
        )
    note(f"going on with the settings of {path}")
    return type(config)(**{**settings, "resume": config.resume})


def settings_of(options: type, found: dict[str, Any]) -> dict[str, Any]:
    """Gives what JSON holds of the fields of a dataclass of options."""
    known = {field.name for field in dataclasses.fields(options)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in found.items()
        if name in known
    }


def _fits(value: Any, hint: Any) -> bool:
    """Tells whether a value of JSON is of an option's type."""
    if isinstance(hint, types.UnionType):
        return any(_fits(value, one) for one in hint.__args__)
    if typing.get_origin(hint) is tuple:
        kind = hint.__args__[0]
        return isinstance(value, list) and all(_fits(v, kind) for v in value)
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint


def make_run_folder(
    root: Path, package: str, dataset: str, options: Any
) -> Path:
    """Makes the folder of one training run and writes `config.json` into it.

    Args:
        root: Folder of all runs.
        package: Name of the GAN's package.
        dataset: Name of the data; any character but letters, digits, `-`
            and `_` becomes `_`.
        options: The run's configuration dataclass.

    Returns:
        `root/package/dataset/<UTC time>`, new and empty but for the config.

    Raises:
        FailedWork: If the folder cannot be made or written.
    """
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in dataset)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    parent = root / package / (name or "data")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = _first_free(parent, stamp)
    except OSError as error:
        raise FailedWork(
            f"cannot make a run folder in {parent}: {error.strerror}"
        ) from error
    with whole_file(folder / "config.json") as partial:
        text = json.dumps(dataclasses.asdict(options), indent=2)
        partial.write_text(text + "\n", encoding="utf-8")
    return folder.resolve()


def _first_free(parent: Path, stamp: str) -> Path:
    """Makes `parent/stamp`, or `parent/stamp-2` ... if another run has it."""
    count = 1
    while True:
        folder = parent / (stamp if count == 1 else f"{stamp}-{count}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            count += 1
