"""Which images a command shall upscale, and into which files."""

from __future__ import annotations

import dataclasses
import glob
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gancore.errors import UserError, first_few
from srgan.image_io.files import FORMATS, find_images

logger = logging.getLogger(__name__)

_UPSCALED = re.compile(r"(?P<original>.+)_x\d+")


@dataclasses.dataclass(frozen=True)
class Source:
    """A image file and where it was found.

    Attributes:
        path: The file.
        below: Its folder, as seen from the folder the user named; `.` for a
            file that was named itself.
    """

    path: Path
    below: Path = Path()


def find_sources(words: Iterable[str]) -> list[Source]:
    """Finds the files behind what the user named, each once.

    Args:
        words: Files, folders to search through, and patterns such as
            `photos/*.png` or `photos/**/*.png`. A file that does not exist
            and a link that leads nowhere are kept, so that they can be
            reported among the others.
    """
    found: dict[Path, Source] = {}
    for word in words:
        path = Path(word)
        if os.path.isdir(path):
            sources = _in_folder(path)
        elif os.path.lexists(path):
            sources = [Source(path)]
        else:
            matches = sorted(map(Path, glob.glob(word, recursive=True)))
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
    """Decides where each upscaling goes.

    An upscaling that an earlier run made of one of the sources, of whatever
    scale and format, is left out, and a note says so; it is known by its name.

    Args:
        sources: Files to upscale.
        out: Folder of the upscaled images, in which the folders below a named
            one are kept apart; each lies beside its source if `None`.
        scale: How much larger they are, for their names.
        suffix: Such as `.png`; that of the source if `None`, or `.png` if
            that is not one of a format that can be written.

    Returns:
        The target of each source.

    Raises:
        UserError: If two sources have the same target.
    """
    targets: dict[Path, Path] = {}
    for source in sources:
        path = source.path
        own = path.suffix if path.suffix.lower() in FORMATS else ".png"
        folder = out / source.below if out else path.parent
        targets[path] = folder / f"{path.stem}_x{scale}{suffix or own}"
    targets = _without_upscaled(targets)
    first: dict[Path, Path] = {}
    for path, target in targets.items():
        other = first.setdefault(_real(target), path)
        if other != path:
            raise UserError(
                f"{other} and {path} would both become {target}; rename one "
                "or upscale them into different folders with --out"
            )
    return targets


def _without_upscaled(targets: Mapping[Path, Path]) -> dict[Path, Path]:
    """Leaves out `a_x4.jpg` where `a` is a source there or further up."""
    originals = {
        _real(folder / path.stem)
        for path, target in targets.items()
        for folder in (path.parent, target.parent)
    }
    kept, made = {}, []
    for path, target in targets.items():
        match = _UPSCALED.fullmatch(path.stem)
        # An --out folder often lies in the folder of the originals.
        if match and any(
            _real(folder / match["original"]) in originals
            for folder in path.parents
        ):
            made.append(str(path))
        else:
            kept[path] = target
    if made:
        logger.info(
            f"left out {first_few(made)}, by the name an upscaling; give it "
            "without its original to upscale it again"
        )
    return kept


def _real(path: Path) -> Path:
    """Follows links as far as they lead; unlike `resolve`, a loop too."""
    return Path(os.path.realpath(path))
