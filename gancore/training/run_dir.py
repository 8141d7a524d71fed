"""The folder of a training run: made anew, or gone on with."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any, TypeVar

from gancore.cli.config_file import (
    as_json,
    invalid_settings,
    read_settings,
    settings_of,
)
from gancore.config_fields import flat_dict, from_flat
from gancore.errors import RuntimeFailure, UserError, first_few
from gancore.io.atomic import atomic_write, remove_partial_files
from gancore.io.locks import lock

logger = logging.getLogger(__name__)

Options = TypeVar("Options", bound=Any)


def open_run_dir(config: Any, package: str, dataset: str) -> Path:
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
        folder = make_run_dir(root, package, dataset, config)
    lock(folder)
    remove_partial_files(folder, "**/.*")
    return folder


def resolve_resume(config: Options) -> Options:
    """Gives the settings of the run that `--resume` names.

    Raises:
        UserError: If it is no folder of a run, or of one with other settings
            than were given beside it.
    """
    if not config.resume:
        return config
    path = Path(config.resume) / "config.json"
    try:
        found = read_settings(path)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{config.resume} is no folder of a run: {error}"
        ) from error
    given = flat_dict(config)
    wrong = invalid_settings(type(config), found)
    if wrong := wrong + [name for name in given if name not in found]:
        raise UserError(
            f"{path} is of another program or version, or damaged: "
            + first_few(wrong)
        )
    settings = settings_of(type(config), found)
    run = from_flat(type(config), {**settings, "resume": config.resume})
    usual = type(config)(resume=config.resume)
    if changed := [
        f"--{name}"
        for name, value in given.items()
        if value not in (flat_dict(run)[name], flat_dict(usual)[name])
    ]:
        raise UserError(
            "a run goes on with its own settings, which "
            f"{first_few(changed)} would change; leave that out, or begin "
            "another run"
        )
    logger.info(f"going on with the settings of {path}")
    return run


def make_run_dir(root: Path, package: str, dataset: str, options: Any) -> Path:
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
        raise RuntimeFailure(
            f"cannot make a run folder in {parent}: {error.strerror}"
        ) from error
    with atomic_write(folder / "config.json") as partial:
        partial.write_text(as_json(options), encoding="utf-8")
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
