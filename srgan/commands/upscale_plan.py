"""Finds the images to upscale and plans their output files."""

from __future__ import annotations

import dataclasses
import glob
import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gancore.errors import first_few
from srgan.image_io.folders import (
    describe_left_out,
    kind_by_name,
    scan_folder,
)
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


@dataclasses.dataclass(frozen=True)
class Output:
    """An output file, but for the scale in its name."""

    folder: Path
    stem: str
    suffix: str

    def path(self, scale: int) -> Path:
        """Returns the path for an upscaling factor."""
        return self.folder / f"{self.stem}_x{scale}{self.suffix}"


def find_sources(patterns: Iterable[str]) -> list[Source]:
    """Finds the files that the user named, each once.

    What is left out of a folder or pattern is counted and logged.

    Args:
        patterns: Files, folders to search, and patterns such as
            `photos/*.png` or `photos/**/*.png`. A file that does not exist
            and a broken link are kept, so that they can be
            reported among the others.
    """
    found: dict[Path, Source] = {}
    left_out: Counter[str] = Counter()
    for pattern in patterns:
        for source in _named_by(pattern, left_out):
            real = _real(source.path)
            known = found.setdefault(real, source)
            if known.path != source.path and source.path.is_symlink():
                left_out["link to another of them"] += 1
    if left_out:
        logger.warning(f"left out: {describe_left_out(left_out)}")
    return list(found.values())


def _named_by(pattern: str, left_out: Counter[str]) -> list[Source]:
    path = Path(pattern)
    if os.path.isdir(path):
        return _in_folder(path, left_out)
    if os.path.lexists(path):
        return [Source(path)]
    matches = sorted(map(Path, glob.glob(pattern, recursive=True)))
    sources = []
    for match in matches:
        if match.is_dir():
            sources += _in_folder(match, left_out)
        elif match.suffix.lower() in FORMATS:
            sources.append(Source(match))
        else:
            left_out[kind_by_name(match)] += 1
    return sources if matches else [Source(path)]


def _in_folder(folder: Path, left_out: Counter[str]) -> list[Source]:
    scan = scan_folder(folder)
    left_out.update(scan.left_out)
    return [
        Source(path, path.relative_to(folder).parent) for path in scan.images
    ]


def plan_outputs(
    sources: Sequence[Source], out: Path | None, suffix: str | None
) -> dict[Path, Output]:
    """Plans the output file of each image.

    Outputs of earlier runs for one of the sources, of any scale and format,
    are recognized by their names and skipped with a message.

    Args:
        sources: Files to upscale.
        out: Output folder, which mirrors the subfolders of a named folder;
            `None` writes each output beside its source.
        suffix: Such as `.png`; `None` keeps the format of each source where
            it is written.

    Returns:
        The output file of each source.
    """
    outputs = {
        source.path: Output(
            out / source.subfolder if out else source.path.parent,
            source.path.stem,
            suffix or output_suffix(source.path),
        )
        for source in sources
    }
    return _skip_outputs(outputs)


def find_conflicts(outputs: Mapping[Path, Output]) -> list[list[Path]]:
    """Finds the sources that would have the same output file."""
    sources: dict[Path, list[Path]] = {}
    for path, output in outputs.items():
        sources.setdefault(_real(output.path(0)), []).append(path)
    return [paths for paths in sources.values() if len(paths) > 1]


def _skip_outputs(outputs: Mapping[Path, Output]) -> dict[Path, Output]:
    """Skips `a_x4.jpg` if `a` is a source in its folder or a parent."""
    sources = {
        _real(folder / path.stem)
        for path, output in outputs.items()
        for folder in (path.parent, output.folder)
    }
    kept, skipped = {}, []
    for path, output in outputs.items():
        match = _UPSCALED.fullmatch(path.stem)
        # An --out folder is often inside the folder of the sources.
        if match and any(
            _real(folder / match["source"]) in sources
            for folder in path.parents
        ):
            skipped.append(str(path))
        else:
            kept[path] = output
    if skipped:
        logger.info(
            f"skipped {first_few(skipped)}, by its name the output of an "
            "earlier run; pass it without its source to upscale it again"
        )
    return kept


def _real(path: Path) -> Path:
    """Resolves links as far as possible; unlike `Path.resolve`, also loops."""
    return Path(os.path.realpath(path))
