"""Writes animated PNG frame by frame.

Reference:
    - [PNG, third edition](https://www.w3.org/TR/png-3/), section 11.3.6
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from srgan.image_io.encoders.animation import AnimationHeader
from srgan.image_io.encoders.header import Header
from srgan.image_io.encoders.png import (
    compress_rows,
    write_chunk,
    write_start,
)

# The frame replaces the one before, and is not disposed of.
_NO_DISPOSAL, _SOURCE = 0, 0
_MAX_SHORT = 65_535


def encode_apng(
    file: BinaryIO,
    header: AnimationHeader,
    frames: Iterable[tuple[np.ndarray, float]],
) -> None:
    """Writes an animation without loss.

    Args:
        file: Binary file to write to.
        header: Size and number of the frames, and metadata.
        frames: uint8 arrays of shape `(height, width, 3 or 4)`, and durations
            in milliseconds.
    """
    channels = 4 if header.may_be_transparent else 3
    size = header.height, header.width
    frame_header = Header(*size, channels, 8, header.metadata)
    write_start(file, frame_header)
    plays = 1 if header.loop is None else header.loop
    write_chunk(file, b"acTL", struct.pack(">II", header.count, plays))
    sequence = 0
    for i, (pixels, milliseconds) in enumerate(frames):
        control = struct.pack(
            ">IIIIIHHBB",
            sequence,
            header.width,
            header.height,
            0,
            0,
            *_fraction(milliseconds),
            _NO_DISPOSAL,
            _SOURCE,
        )
        write_chunk(file, b"fcTL", control)
        sequence += 1
        for data in compress_rows(frame_header, [_as(pixels, channels)]):
            if i:
                number = struct.pack(">I", sequence)
                write_chunk(file, b"fdAT", number + data)
                sequence += 1
            else:
                write_chunk(file, b"IDAT", data)
    write_chunk(file, b"IEND", b"")


def _fraction(milliseconds: float) -> tuple[int, int]:
    """Returns a duration as a fraction of a second, of 16-bit numbers."""
    if milliseconds <= _MAX_SHORT:
        return round(milliseconds), 1000
    return min(round(milliseconds / 1000), _MAX_SHORT), 1


def _as(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Adds an opaque alpha channel where it is missing."""
    if pixels.shape[-1] == channels:
        return pixels
    if channels == 3:
        return pixels[..., :3]
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([pixels, opaque], axis=-1)
