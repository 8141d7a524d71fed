"""Finds the images to upscale and plans their output files."""

from __future__ import annotations

import dataclasses
import glob
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gancore.errors import UserError, first_few
from srgan.image_io.files import find_images
from srgan.image_io.formats import FORMATS
from srgan.image_io.output_format import output_suffix

logger = logging.getLogger(__name__)

_UPSCALED = re.compile(r"(?P<source>.+)_x\d+")


@dataclasses.dataclass(frozen=True)
class Source:
    """An image file to upscale.

    Attributes:
        path: The file.
        subfolder: Its folder relative to the folder named by the user; `.`
            for a file that was named itself.
    """

    path: Path
    subfolder: Path = Path()


def find_sources(patterns: Iterable[str]) -> list[Source]:
    """Finds the files that the user named, each once.

    Args:
        patterns: Files, folders to search, and patterns such as
            `photos/*.png` or `photos/**/*.png`. A file that does not exist
            and a broken link are kept, so that they can be
            reported among the others.
    """
    found: dict[Path, Source] = {}
    for pattern in patterns:
        path = Path(pattern)
        if os.path.isdir(path):
            sources = _in_folder(path)
        elif os.path.lexists(path):
            sources = [Source(path)]
        else:
            matches = sorted(map(Path, glob.glob(pattern, recursive=True)))
            sources = [
                source
                for match in matches
                for source in (
                    _in_folder(match) if match.is_dir() else [Source(match)]
                )
                if source.path.suffix.lower() in FORMATS
            ]
            if not matches:
                sources = [Source(path)]
        for source in sources:
            found.setdefault(_real(source.path), source)
    return list(found.values())


def _in_folder(folder: Path) -> list[Source]:
    return [
        Source(path, path.relative_to(folder).parent)
        for path in find_images(folder)
    ]


def plan_targets(
    sources: Sequence[Source], out: Path | None, scale: int, suffix: str | None
) -> dict[Path, Path]:
    """Plans the output file of each image.

    Outputs of earlier runs for one of the sources, of any scale and format,
    are recognized by their names and skipped with a warning.

    Args:
        sources: Files to upscale.
        out: Output folder, which mirrors the subfolders of a named folder;
            `None` writes each output beside its source.
        scale: Upscaling factor, for the names.
        suffix: Such as `.png`; `None` keeps the format of each source where
            it is written.

    Returns:
        The output file of each source.

    Raises:
        UserError: If two sources have the same output file.
    """
    targets: dict[Path, Path] = {}
    for source in sources:
        path = source.path
        folder = out / source.subfolder if out else path.parent
        name = f"{path.stem}_x{scale}{suffix or output_suffix(path)}"
        targets[path] = folder / name
    targets = _skip_outputs(targets)
    first: dict[Path, Path] = {}
    for path, target in targets.items():
        other = first.setdefault(_real(target), path)
        if other != path:
            raise UserError(
                f"{other} and {path} would both become {target}; rename one "
                "or upscale them into different folders with --out"
            )
    return targets


def _skip_outputs(targets: Mapping[Path, Path]) -> dict[Path, Path]:
    """Skips `a_x4.jpg` if `a` is a source in its folder or a parent."""
    sources = {
        _real(folder / path.stem)
        for path, target in targets.items()
        for folder in (path.parent, target.parent)
    }
    kept, skipped = {}, []
    for path, target in targets.items():
        match = _UPSCALED.fullmatch(path.stem)
        # An --out folder is often inside the folder of the sources.
        if match and any(
            _real(folder / match["source"]) in sources
            for folder in path.parents
        ):
            skipped.append(str(path))
        else:
            kept[path] = target
    if skipped:
        logger.info(
            f"skipped {first_few(skipped)}, by its name the output of an "
            "earlier run; pass it without its source to upscale it again"
        )
    return kept


def _real(path: Path) -> Path:
    """Resolves links as far as possible; unlike `Path.resolve`, also loops."""
    return Path(os.path.realpath(path))
