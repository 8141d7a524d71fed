"""Writes animations frame by frame, atomically."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from gancore.errors import UserError
from gancore.io.atomic import atomic_write
from srgan.image_io.encoders.animation import AnimationHeader
from srgan.image_io.encoders.apng import encode_apng
from srgan.image_io.encoders.gif import encode_gif
from srgan.image_io.encoders.webp_animation import encode_webp_animation
from srgan.image_io.fitting import MetadataLimits, fit_metadata

_ENCODERS = {
    ".gif": (encode_gif, 65_535, MetadataLimits(0, 0, 0, 0, 2**16)),
    ".webp": (encode_webp_animation, 16_383, MetadataLimits()),
    ".png": (encode_apng, 2**31 - 1, MetadataLimits(png=True, iptc=2**30)),
    ".apng": (encode_apng, 2**31 - 1, MetadataLimits(png=True, iptc=2**30)),
}
# A frame is in memory at once.
_MAX_PIXELS = 2**27


def check_animation(suffix: str, height: int, width: int) -> None:
    """Checks that a format can hold an animation, before it is computed.

    Raises:
        UserError: If it cannot.
    """
    if suffix not in _ENCODERS:
        raise UserError(
            f"a {suffix} file cannot hold an animation; try --format webp or "
            "png"
        )
    _, max_side, _ = _ENCODERS[suffix]
    if max(height, width) > max_side or height * width > _MAX_PIXELS:
        raise UserError(
            f"a {suffix} animation cannot have {width} x {height} pixels; try "
            "a smaller --scale"
        )


def write_animation(
    path: Path,
    header: AnimationHeader,
    frames: Iterable[tuple[np.ndarray, float]],
) -> None:
    """Writes an animation, in the format of the suffix.

    Args:
        path: File to write.
        header: Size and number of the frames, and metadata.
        frames: Frames and their durations, as of `Animation.frames`.

    Raises:
        UserError: If the format cannot hold it.
        RuntimeFailure: If the file cannot be written.
    """
    suffix = path.suffix.lower()
    check_animation(suffix, header.height, header.width)
    encode, _, limits = _ENCODERS[suffix]
    metadata = fit_metadata(header.metadata, limits, path)
    header = dataclasses.replace(header, metadata=metadata)
    with atomic_write(path) as partial, partial.open("wb") as file:
        encode(file, header, frames)


def describe_animation(suffix: str, header: AnimationHeader) -> str:
    """Describes how an animation is compressed."""
    form = "lossless"
    if suffix == ".gif":
        form = "256 colors a frame"
    elif suffix == ".webp" and not header.metadata.lossless:
        form = f"WebP quality {header.quality}, chroma 4:2:0"
    size = f"{header.width} x {header.height}"
    return f"{size}, {header.count} frames, {form}"
