"""The folder of a training run, created or resumed."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from gancore.cli.config_file import (
    invalid_options,
    read_config,
    to_json,
    typed_values,
)
from gancore.config_fields import flat_dict, from_flat, rename_old_options
from gancore.errors import RuntimeFailure, UserError, first_few
from gancore.io.atomic import atomic_write, remove_partial_files
from gancore.io.locks import lock

logger = logging.getLogger(__name__)

Options = TypeVar("Options", bound=Any)


def open_run_dir(
    config: Any,
    package: str,
    dataset: str,
    data_files: Sequence[Any] = (),
) -> Path:
    """Returns the folder that `--resume` names, or creates one.

    Args:
        config: Configuration of the run.
        package: Name of the GAN's package.
        dataset: Name of the dataset.
        data_files: What was read of each file, as JSON values; a new run's
            `config.json` keeps it.

    Raises:
        UserError: If another process is training in it.
        RuntimeFailure: If the folder cannot be created or written.
    """
    if config.resume:
        folder = Path(config.resume).resolve()
    else:
        root = Path(config.runs_dir)
        folder = make_run_dir(root, package, dataset, config, data_files)
    lock(folder)
    remove_partial_files(folder, "**/.*")
    return folder


def resolve_resume(config: Options) -> Options:
    """Returns the configuration of the run that `--resume` names.

    Options of version 0.1 are read under their old names.

    Args:
        config: Configuration from the command line; returned as it is without
            `--resume`.

    Raises:
        UserError: If the folder is not a run, or other options were given
            that differ from the run's.
    """
    if not config.resume:
        return config
    path = Path(config.resume) / "config.json"
    try:
        found = rename_old_options(type(config), read_config(path))
    except (OSError, ValueError) as error:
        raise UserError(
            f"--resume {config.resume} is not the folder of a run: {error}"
        ) from error
    given = flat_dict(config)
    wrong = invalid_options(type(config), found)
    if wrong := wrong + [name for name in given if name not in found]:
        raise UserError(
            f"{path} is of another program or version, or damaged, in "
            f"{first_few(wrong)}; start a new run"
        )
    settings = typed_values(type(config), found)
    run = from_flat(type(config), {**settings, "resume": config.resume})
    default = type(config)(resume=config.resume)
    if changed := [
        f"--{name}"
        for name, value in given.items()
        if value not in (flat_dict(run)[name], flat_dict(default)[name])
    ]:
        raise UserError(
            "a run resumes with its own configuration, which "
            f"{first_few(changed)} would change; omit that, or start a new run"
        )
    logger.info(f"resuming with the configuration in {path}")
    return run


def make_run_dir(
    root: Path,
    package: str,
    dataset: str,
    options: Any,
    data_files: Sequence[Any] = (),
) -> Path:
    """Creates the folder of a training run and writes `config.json` into it.

    Args:
        root: Folder of all runs.
        package: Name of the GAN's package.
        dataset: Name of the dataset; any character but letters, digits, `-`
            and `_` becomes `_`.
        options: Configuration of the run.
        data_files: As for `open_run_dir`.

    Returns:
        `root/package/dataset/<UTC time>`, new, with nothing but the config.

    Raises:
        RuntimeFailure: If the folder cannot be created or written.
    """
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in dataset)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    parent = root / package / (name or "data")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = _first_free(parent, stamp)
    except OSError as error:
        raise RuntimeFailure(
            f"cannot create a run folder in {parent}: {error.strerror}"
        ) from error
    with atomic_write(folder / "config.json") as partial:
        partial.write_text(to_json(options, data_files), encoding="utf-8")
    return folder.resolve()


def _first_free(parent: Path, stamp: str) -> Path:
    """Creates `parent/stamp`, or `parent/stamp-2` ... if it exists."""
    count = 1
    while True:
        folder = parent / (stamp if count == 1 else f"{stamp}-{count}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            count += 1
