"""Reads the metadata of a PNG that Pillow does not return.

Reference:
    - [PNG, third edition](https://www.w3.org/TR/png-3/), section 11.3
"""

from __future__ import annotations

import dataclasses
import struct
import zlib
from pathlib import Path

from srgan.image_io.errors import UnreadableImage

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_COLORS = (b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"iCCP")
_ANIMATION = (b"fdAT", b"fcTL", b"acTL")
_XMP = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type "
# Of all chunks of metadata together.
_MAX_BYTES = 2**26


@dataclasses.dataclass(frozen=True)
class PngChunk:
    """A chunk of a PNG.

    Attributes:
        name: Its type, such as `tEXt`.
        data: What it holds.
    """

    name: bytes
    data: bytes

    @property
    def keyword(self) -> bytes:
        """The keyword of a text; empty for other chunks."""
        return self.data.split(b"\0", 1)[0] if self.name in _TEXTS else b""

    @property
    def text(self) -> bytes:
        """The text, UTF-8 for `iTXt` and Latin-1 otherwise."""
        rest = self.data[len(self.keyword) + 1 :]
        if self.name == b"tEXt":
            return rest
        compressed = self.name == b"zTXt" or rest[:1] == b"\1"
        if self.name == b"zTXt":
            rest = rest[1:]
        else:
            # Flag and method of compression, language, translated keyword.
            rest = rest[2:].split(b"\0", 2)[-1]
        if not compressed:
            return rest
        try:
            return zlib.decompressobj().decompress(rest, _MAX_BYTES)
        except zlib.error:
            return b""

    @property
    def is_kept(self) -> bool:
        """Whether it is a text that is written as it is.

        XMP, Exif and IPTC data are written anew.
        """
        return bool(self.keyword) and not (
            self.keyword == _XMP or self.keyword.startswith(_RAW_PROFILE)
        )


def read_png_chunks(path: Path) -> tuple[PngChunk, ...]:
    """Reads texts and color spaces of a PNG; nothing of other files.

    Raises:
        UnreadableImage: If all metadata take more than 64 MiB.
    """
    chunks = []
    total = 0
    with path.open("rb") as file:
        if file.read(8) != _SIGNATURE:
            return ()
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            # A small first letter marks chunks that are not the image.
            ancillary = bool(name[0] & 0x20) and name not in _ANIMATION
            total += length * ancillary
            if total > _MAX_BYTES:
                raise UnreadableImage(
                    f"its metadata take more than {_MAX_BYTES:,} bytes"
                )
            if name in _TEXTS or name in _COLORS:
                chunks.append(PngChunk(name, file.read(length)))
                file.seek(4, 1)
            else:
                file.seek(length + 4, 1)
    return tuple(chunks)


def text_chunk(keyword: str, text: str) -> PngChunk:
    """Builds a text in UTF-8."""
    data = keyword.encode("latin-1") + bytes(5) + text.encode()
    return PngChunk(b"iTXt", data)
