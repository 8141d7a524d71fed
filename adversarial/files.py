"""Files that appear whole or not at all, and the folder of a run."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adversarial.messages import FailedWork


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Writes a file so that the old one survives until the new one is whole.

    Args:
        path: Where the file shall be.

    Yields:
        A temporary path in the same folder, hidden and of the same suffix, to
        write to. When the block ends well it is flushed to the disk and
        renamed.

    Raises:
        FailedWork: If the disk is full or the folder cannot be written.
    """
    # Short, since the name of the file itself may be as long as can be.
    partial = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FailedWork(f"could not write {path}: {reason}") from error
    finally:
        # What went wrong before is what the user should hear of.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


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
