"""Folders that datasets are read from and generated images are kept in."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import platformdirs

from gancore.errors import RuntimeFailure
from gancore.io.paths import DATASETS_VARIABLE, datasets_dir
from srgan.data.dead_leaves import dead_leaves
from srgan.image_io.files import write_png

APPLICATION = "keras-textgan-srgan"
# The substitute for DIV2K: number of images, and their height and width.
GENERATED_COUNT, GENERATED_SIZE = 48, 256


def div2k_dir() -> Path:
    """Returns the folder that DIV2K is downloaded into and read from."""
    return datasets_dir() / "div2k"


def generated_dir() -> Path:
    """Returns the folder of the generated dead-leaves images.

    Images in `div2k_dir()` are used if they are there. Else it is a folder
    there if `GAN_DATASETS` is set, or one in the user's cache folder.
    """
    name = f"dead_leaves_{GENERATED_COUNT}x{GENERATED_SIZE}"
    folder = div2k_dir() / name
    if os.environ.get(DATASETS_VARIABLE) or folder.is_dir():
        return folder
    return platformdirs.user_cache_path(APPLICATION) / name


def generate_dead_leaves() -> Path:
    """Renders the dead-leaves images, unless they have been rendered.

    Returns:
        Their folder.

    Raises:
        RuntimeFailure: If it cannot be written.
    """
    folder = generated_dir()
    if folder.is_dir():
        return folder
    parent = folder.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="dead_leaves_", dir=parent))
    except OSError as error:
        raise RuntimeFailure(
            f"cannot write {parent}: {error.strerror}"
        ) from error
    try:
        for i in range(GENERATED_COUNT):
            write_png(partial / f"{i:04d}.png", dead_leaves(GENERATED_SIZE, i))
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError as error:
        # Another process may have finished first.
        if not folder.is_dir():
            raise RuntimeFailure(f"cannot write {folder}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
