"""Finds how the samples of a TIFF are stored.

Reference:
    - TIFF 6.0, sections 8, 14 and 18
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from srgan.image_io.errors import UnreadableImage

_BIG = 43
_SAMPLE_FORMAT = 339
_PLANAR = 2
_MAX_SAMPLES = 16
WHITE_IS_ZERO, CMYK = 0, 5
# Channels without the extra ones: gray, RGB or CMYK.
COLORS = {0: 1, 1: 1, 2: 3, CMYK: 4}
_KINDS = {1: "u", 2: "i", 3: "f"}
_TYPES = ("u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8")
ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA = 1, 2


@dataclasses.dataclass(frozen=True)
class TiffSamples:
    """How the samples of a TIFF are stored.

    Attributes:
        tags: Its directory.
        width: Width in pixels.
        height: Height in pixels.
        dtype: Number type of a sample, in the byte order of the file.
        samples: Number of samples of a pixel.
        photometric: Its color space.
        planar: Whether each channel is stored apart.
    """

    tags: Any
    width: int
    height: int
    dtype: np.dtype
    samples: int
    photometric: int
    planar: bool

    @property
    def orientation(self) -> int:
        """Orientation of the stored pixels."""
        return self.tags.get(Base.Orientation, 1)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all pixels."""
        return self.width * self.height * self.samples * self.dtype.itemsize

    @property
    def extra(self) -> int:
        """Meaning of the first extra channel; 0 if there is none."""
        if self.samples == COLORS[self.photometric]:
            return 0
        return _first(self.tags.get(Base.ExtraSamples, 0))


def find_tiff_samples(path: Path) -> TiffSamples | None:
    """Returns how a TIFF is stored, or `None` if Pillow reads it well.

    Raises:
        UnreadableImage: If it holds several images.
    """
    with path.open("rb") as file:
        header = file.read(8)
        if header[:2] not in (b"II", b"MM") or len(header) < 8:
            return None
        if _BIG in (header[2], header[3]):
            header += file.read(8)
        tags: Any = ImageFileDirectory_v2(header)
        file.seek(tags.next)
        tags.load(file)
    samples = _samples(tags, "<" if header[:2] == b"II" else ">")
    if samples is None or _pillow_reads(samples):
        return None
    if tags.next:
        raise UnreadableImage("it holds several images (pages), not one")
    return samples


def _samples(tags: Any, order: str) -> TiffSamples | None:
    photometric = tags.get(Base.PhotometricInterpretation)
    bits = set(as_tuple(tags.get(Base.BitsPerSample, 1)))
    kinds = set(as_tuple(tags.get(_SAMPLE_FORMAT, 1)))
    if photometric not in COLORS or len(bits) > 1 or len(kinds) > 1:
        return None
    kind = _KINDS.get(kinds.pop(), "")
    name = f"{kind}{bits.pop() // 8}"
    samples = tags.get(Base.SamplesPerPixel, 1)
    few = COLORS[photometric] <= samples <= _MAX_SAMPLES
    if name not in _TYPES or not few:
        return None
    return TiffSamples(
        tags=tags,
        width=tags[Base.ImageWidth],
        height=tags[Base.ImageLength],
        dtype=np.dtype(order + name),
        samples=samples,
        photometric=photometric,
        planar=tags.get(Base.PlanarConfiguration, 1) == _PLANAR,
    )


def _pillow_reads(samples: TiffSamples) -> bool:
    """Checks whether Pillow opens such a file and keeps all bits."""
    size, kind = samples.dtype.itemsize, samples.dtype.kind
    if size == 1:
        return kind == "u"
    if samples.samples == 1:
        white_zero = samples.photometric == WHITE_IS_ZERO
        if kind == "f":
            return size == 4 and not white_zero
        return size == 2 or not white_zero
    rgb = samples.photometric == 2 and samples.samples <= 4
    whole = not samples.planar and samples.extra != ASSOCIATED_ALPHA
    return rgb and whole and kind == "u" and size == 2


def as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _first(value: Any) -> Any:
    return as_tuple(value)[0]
