"""Describes an animation to an encoder, ahead of its frames."""

from __future__ import annotations

import dataclasses

from srgan.image_io.encoders.header import QUALITY
from srgan.image_io.metadata import Metadata


@dataclasses.dataclass(frozen=True)
class AnimationHeader:
    """Size, number and metadata of frames to encode.

    Attributes:
        height: Height in pixels.
        width: Width in pixels.
        count: Number of frames.
        loop: How often it is played, 0 for ever; `None` if not stated.
        may_be_transparent: Whether frames may have an alpha channel.
        metadata: Metadata to write.
        quality: Quality of lossy formats, 1 to 100.
    """

    height: int
    width: int
    count: int
    loop: int | None
    may_be_transparent: bool
    metadata: Metadata
    quality: int = QUALITY
