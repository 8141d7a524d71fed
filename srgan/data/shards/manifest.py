"""The manifest of a folder of shards: checksums and offsets of sub-images."""

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
# While shards are being written; removed when all are complete.
UNFINISHED = "unfinished.json"
_FORMAT = 1
_SHARD_NAME = re.compile(r"[\w-]+\.tfrecord")
_CHUNK = 2**20
# Values of a fingerprint, and the largest of them.
_VALUES, _MAX_VALUE = 67, 255.0
_MAX_INT = 2**31 - 1


# The names of the fields below are the keys of the JSON file.
@dataclasses.dataclass(frozen=True)
class Part:
    """A sub-image: offset and length in bytes, height and width in pixels."""

    start: int
    length: int
    height: int
    width: int


@dataclasses.dataclass(frozen=True)
class Source:
    """An image that was cut into parts, with its `fingerprint`."""

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
    """All shards of a folder, and how they were made.

    Attributes:
        settings: Options of `prepare`, and a digest of the images.
        shards: In order.
    """

    settings: dict[str, Any]
    shards: list[Shard]

    def save(self, path: Path) -> None:
        """Writes the manifest atomically, as JSON."""
        text = json.dumps({"format": _FORMAT, **dataclasses.asdict(self)})
        with atomic_write(path) as partial:
            partial.write_text(text, encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """Reads and checks a manifest.

    Raises:
        UserError: If it is no manifest, or of another format.
    """
    try:
        found = read_json(path)
        if found["format"] != _FORMAT:
            raise UserError(f"{path} is of format {found['format']}")
        shards = [
            Shard(
                _shard_name(str(shard["name"])),
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


def _shard_name(name: str) -> str:
    """Checks that a name is of a file in the folder of the manifest."""
    if not _SHARD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a shard")
    return name


def _fingerprint(values: list[Any]) -> list[float]:
    numbers = [float(value) for value in values]
    if len(numbers) != _VALUES or not all(
        0 <= number <= _MAX_VALUE for number in numbers
    ):
        raise ValueError("a fingerprint has invalid values")
    return numbers


def _part(found: dict[str, Any]) -> Part:
    part = Part(**{name: int(value) for name, value in found.items()})
    if part.start < 0 or not all(
        0 < number <= _MAX_INT
        for number in (part.length, part.height, part.width)
    ):
        raise ValueError(f"{part} has invalid numbers")
    return part


def sha256_of(path: Path) -> str:
    """Computes the SHA-256 of a file.

    Returns:
        64 hexadecimal digits, or an empty string if there is no such file.
    """
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
