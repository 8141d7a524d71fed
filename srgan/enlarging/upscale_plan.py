"""Which pictures a command shall enlarge, and into which files."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from adversarial.messages import UserError
from srgan.files.images import FORMATS, find_images


@dataclasses.dataclass(frozen=True)
class Source:
    """A picture file and where it was found.

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
            `photos/*.png` or `photos/**/*.png`. A file that does not exist is
            kept, so that it can be reported among the others.
    """
    found: dict[Path, Source] = {}
    for word in words:
        path = Path(word)
        if path.is_dir():
            sources = _in_folder(path)
        elif path.exists():
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
            found.setdefault(source.path.resolve(), source)
    return list(found.values())


def _in_folder(folder: Path) -> list[Source]:
    return [
        Source(path, path.relative_to(folder).parent)
        for path in find_images(folder)
    ]


def plan_targets(
    sources: Sequence[Source], out: Path | None, scale: int, suffix: str | None
) -> dict[Path, Path]:
    """Decides where each enlargement goes.

    A source that is itself the target of another one, made by an earlier
    run, is left out.

    Args:
        sources: Files to enlarge.
        out: Folder of the enlargements, in which the folders below a named
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
    made = {target.resolve() for target in targets.values()}
    targets = {
        path: target
        for path, target in targets.items()
        if path.resolve() not in made
    }
    first: dict[Path, Path] = {}
    for path, target in targets.items():
        other = first.setdefault(target.resolve(), path)
        if other != path:
            raise UserError(
                f"{other} and {path} would both become {target}; rename one "
                "or enlarge them into different folders with --out"
            )
    return targets
