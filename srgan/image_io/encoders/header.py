"""What an encoder has to know before the first row of pixels comes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from srgan.image_io.metadata import Metadata


@dataclasses.dataclass(frozen=True)
class Header:
    """The kind and size of a image whose rows are still to come.

    Attributes:
        height: Pixels.
        width: Pixels.
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
        bits: Bits per channel, 8 or 16.
        metadata: What to say beside the pixels.
    """

    height: int
    width: int
    channels: int
    bits: int
    metadata: Metadata

    @property
    def row_bytes(self) -> int:
        """Bytes in a row of pixels."""
        return self.width * self.channels * self.bits // 8


def in_groups(bands: Iterable[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """Cuts and joins bands of a image so that each has the same height.

    Args:
        bands: Arrays of shape `(height, width, channels)`, top to bottom.
        rows: Height of what is given; only the last may be lower.
    """
    rest: list[np.ndarray] = []
    count = 0
    for band in bands:
        while count + len(band) >= rows:
            part, band = band[: rows - count], band[rows - count :]
            yield np.concatenate([*rest, part]) if rest else part
            rest, count = [], 0
        if len(band):
            rest.append(band)
            count += len(band)
    if rest:
        yield np.concatenate(rest)
