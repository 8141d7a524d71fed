"""What is in a folder of shards: files, checksums, places of sub-images."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from gancore.errors import UserError
from gancore.io.atomic import atomic_write
from gancore.io.strict_json import read_json

MANIFEST = "manifest.json"
# While shards are being made; it goes when all are there.
UNFINISHED = "unfinished.json"
_FORMAT = 1
_NAME = re.compile(r"[\w-]+\.tfrecord")
_CHUNK = 2**20
# Numbers of a fingerprint, all of them levels or signs of 8 bits.
_NUMBERS, _HIGHEST = 67, 255.0
_LARGEST = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Part:
    """A sub-image: its bytes in the shard, and its size in pixels."""

    start: int
    length: int
    height: int
    width: int


@dataclasses.dataclass(frozen=True)
class Source:
    """A image that was cut, with its `fingerprint`."""

    name: str
    print: list[float]
    parts: list[Part]


@dataclasses.dataclass(frozen=True)
class Shard:
    """A TFRecord file of PNG images."""

    name: str
    sha256: str
    sources: list[Source]


@dataclasses.dataclass(frozen=True)
class Manifest:
    """All shards, and what they were made of.

    Attributes:
        settings: Of the cutting, and a digest of the images.
        shards: In order.
    """

    settings: dict[str, Any]
    shards: list[Shard]

    def save(self, path: Path) -> None:
        """Writes it, whole or not at all."""
        text = json.dumps({"format": _FORMAT, **dataclasses.asdict(self)})
        with atomic_write(path) as partial:
            partial.write_text(text, encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """Reads a manifest.

    Raises:
        UserError: If it is none, or of another format.
    """
    try:
        found = read_json(path)
        if found["format"] != _FORMAT:
            raise UserError(f"{path} is of format {found['format']}")
        shards = [
            Shard(
                _plain(str(shard["name"])),
                str(shard["sha256"]),
                [
                    Source(
                        str(source["name"]),
                        _fingerprint(source["print"]),
                        [_part(part) for part in source["parts"]],
                    )
                    for source in shard["sources"]
                ],
            )
            for shard in found["shards"]
        ]
        return Manifest(dict(found["settings"]), shards)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
    ) as error:
        raise UserError(f"{path} is no manifest of shards: {error}") from error


def _plain(name: str) -> str:
    """Checks that a name is of a file in the folder of the manifest."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a shard")
    return name


def _fingerprint(values: list[Any]) -> list[float]:
    numbers = [float(value) for value in values]
    if len(numbers) != _NUMBERS or not all(
        0 <= number <= _HIGHEST for number in numbers
    ):
        raise ValueError("a fingerprint is of other numbers")
    return numbers


def _part(found: dict[str, Any]) -> Part:
    part = Part(**{name: int(value) for name, value in found.items()})
    if part.start < 0 or not all(
        0 < number <= _LARGEST
        for number in (part.length, part.height, part.width)
    ):
        raise ValueError(f"{part} is impossible")
    return part


def digest_of(path: Path) -> str:
    """Gives the SHA-256 of a file; nothing if it is not there."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    return digest.hexdigest()
