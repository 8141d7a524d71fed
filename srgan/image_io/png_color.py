"""Interprets the color space that a PNG declares.

Reference:
    - [PNG, third edition](https://www.w3.org/TR/png-3/), 4.3 and 11.3.2
    - ITU-T H.273, tables 2 and 3 (the numbers of `cICP`)
"""

from __future__ import annotations

import dataclasses
import logging
import struct
from pathlib import Path

import numpy as np

from srgan.image_io.icc import SRGB_PRIMARIES, primaries_profile
from srgan.image_io.png_chunks import PngChunk

logger = logging.getLogger(__name__)

# White and red, green and blue, x and y.
_PRIMARIES = {
    1: SRGB_PRIMARIES,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_SRGB_TRANSFER = 13
_SRGB_GAMMA = 1 / 2.2
_GAMMA_TOLERANCE = 0.02
_PRIMARIES_TOLERANCE = 0.01


@dataclasses.dataclass(frozen=True)
class DeclaredColor:
    """The color space of an image beside its ICC profile.

    Attributes:
        gamma: Exponent of the stored levels that differs from that of sRGB,
            or `None`.
        icc: Color profile for other primaries, or `None`.
        chunks: Chunks that are written into a PNG.
        is_hdr: Whether only these chunks can express it.
    """

    gamma: float | None = None
    icc: bytes | None = None
    chunks: tuple[PngChunk, ...] = ()
    is_hdr: bool = False

    def report(self, path: Path) -> None:
        """Logs that pixels are converted."""
        if self.gamma is not None:
            logger.info(
                f"{path}: its gamma of {self.gamma:g} is converted to that of "
                "sRGB"
            )

    def convert(self, pixels: np.ndarray) -> np.ndarray:
        """Converts pixels to the transfer function of sRGB.

        Args:
            pixels: uint8 or uint16 array of shape
                `(height, width, channels)`; may be changed.
        """
        if self.gamma is None:
            return pixels
        levels = np.iinfo(pixels.dtype).max
        linear = np.linspace(0, 1, levels + 1) ** (1 / self.gamma)
        encoded = np.where(
            linear <= 0.0031308,
            12.92 * linear,
            1.055 * linear ** (1 / 2.4) - 0.055,
        )
        table = np.rint(encoded * levels).astype(pixels.dtype)
        converted = pixels if pixels.flags.writeable else pixels.copy()
        colors = pixels.shape[-1] - (pixels.shape[-1] in (2, 4))
        for row in converted:
            row[:, :colors] = table[row[:, :colors]]
        return converted


def declared_color(chunks: tuple[PngChunk, ...], path: Path) -> DeclaredColor:
    """Interprets the chunks of a PNG, by their order of precedence.

    Args:
        chunks: The chunks of metadata.
        path: The file, for warnings.
    """
    by_name = {chunk.name: chunk for chunk in reversed(chunks)}
    if b"cICP" in by_name and len(by_name[b"cICP"].data) == 4:
        primaries, transfer = by_name[b"cICP"].data[:2]
        kept = tuple(
            by_name[name]
            for name in (b"cICP", b"mDCV", b"cLLI")
            if name in by_name
        )
        return coded_color(primaries, transfer, kept)
    if b"iCCP" in by_name:
        return DeclaredColor()
    if b"sRGB" in by_name:
        return DeclaredColor(chunks=(by_name[b"sRGB"],))
    return _measured_color(by_name, path)


def coded_color(
    primaries: int, transfer: int, chunks: tuple[PngChunk, ...] = ()
) -> DeclaredColor:
    """Returns the color space of code points of H.273.

    Args:
        primaries: Number of the primaries.
        transfer: Number of the transfer function.
        chunks: Chunks that are written into a PNG.
    """
    if transfer != _SRGB_TRANSFER or primaries not in _PRIMARIES:
        return DeclaredColor(chunks=chunks, is_hdr=True)
    icc = None
    if primaries != 1:
        icc = primaries_profile(_PRIMARIES[primaries])
    return DeclaredColor(icc=icc, chunks=chunks)


def _measured_color(
    by_name: dict[bytes, PngChunk], path: Path
) -> DeclaredColor:
    gamma, icc = None, None
    kept: tuple[PngChunk, ...] = ()
    if b"gAMA" in by_name:
        chunk = by_name[b"gAMA"]
        value = int.from_bytes(chunk.data[:4], "big") / 100_000
        if abs(value - _SRGB_GAMMA) < _GAMMA_TOLERANCE:
            kept = (chunk,)
        elif 0.01 <= value <= 10:
            gamma = value
        else:
            logger.warning(f"{path}: its gamma of {value:g} is ignored")
    if b"cHRM" in by_name and len(by_name[b"cHRM"].data) == 32:
        chunk = by_name[b"cHRM"]
        numbers = struct.unpack(">8I", chunk.data)
        primaries = tuple(number / 100_000 for number in numbers)
        difference = np.subtract(primaries, SRGB_PRIMARIES)
        if np.abs(difference).max() > _PRIMARIES_TOLERANCE:
            try:
                icc = primaries_profile(primaries)
            except ValueError:
                logger.warning(f"{path}: its primaries are ignored")
        elif gamma is None:
            kept = (*kept, chunk)
    return DeclaredColor(gamma=gamma, icc=icc, chunks=kept)
