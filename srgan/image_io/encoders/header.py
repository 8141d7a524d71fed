"""Describes an image to an encoder, ahead of its pixels."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from srgan.image_io.metadata import Metadata

# Of lossy outputs: compression adds little to the error of the network.
QUALITY = 95


@dataclasses.dataclass(frozen=True)
class Header:
    """Kind, size and metadata of an image to encode.

    Attributes:
        height: Height in pixels.
        width: Width in pixels.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
        bits: Bits per channel, 8 or 16.
        metadata: Metadata to write.
        quality: Quality of lossy formats, 1 to 100.
    """

    height: int
    width: int
    channels: int
    bits: int
    metadata: Metadata
    quality: int = QUALITY

    @property
    def row_bytes(self) -> int:
        """Number of bytes in a row of pixels."""
        return self.width * self.channels * self.bits // 8


def regroup_rows(
    bands: Iterable[np.ndarray], rows: int
) -> Iterator[np.ndarray]:
    """Regroups bands of an image to a constant height.

    Args:
        bands: Arrays of shape `(height, width, channels)`, top to bottom.
        rows: Height of the yielded bands; only the last may be lower.
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
