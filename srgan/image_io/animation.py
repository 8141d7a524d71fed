"""Reads animations frame by frame: GIF, WebP, APNG and AVIF."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from srgan.image_io.errors import (
    UnreadableImage,
    check_size,
    decode_errors,
    pillow_settings,
)
from srgan.image_io.metadata import Metadata
from srgan.image_io.open_image import open_image
from srgan.image_io.png_chunks import read_png_chunks
from srgan.image_io.png_color import DeclaredColor, declared_color
from srgan.image_io.quirks import is_lossless_webp, raw_mode
from srgan.image_io.read_metadata import read_metadata

logger = logging.getLogger(__name__)

MAX_FRAMES = 10_000
_SIGNATURES = (b"GIF8", b"RIFF", b"\x89PNG")
_FORMATS = ("GIF", "WEBP", "PNG", "AVIF")
_ALPHA_MODES = ("LA", "PA", "RGBA")
# Browsers show frames without a duration so long.
_DEFAULT_MS = 100.0


@dataclasses.dataclass(frozen=True)
class Animation:
    """An animation in a file.

    Attributes:
        path: The file.
        height: Height in pixels.
        width: Width in pixels.
        count: Number of frames.
        loop: How often it is played, 0 for ever; `None` if the file does not
            say it.
        may_be_transparent: Whether frames may have transparent pixels.
        metadata: Metadata of the file.
        first: Number of the first frame; 1 if the file has another image for
            programs that show no animations.
        color: The color space it declares.
    """

    path: Path
    height: int
    width: int
    count: int
    loop: int | None
    may_be_transparent: bool
    metadata: Metadata
    first: int
    color: DeclaredColor

    def frames(self) -> Iterator[tuple[np.ndarray, float]]:
        """Yields frames and their durations.

        Yields:
            uint8 array of shape `(height, width, channels)`, RGB, or RGB and
            alpha if a pixel is transparent, composed with the frames before;
            and the duration in milliseconds.

        Raises:
            UnreadableImage: If the file is damaged.
        """
        with decode_errors():
            file = Image.open(self.path, formats=_FORMATS)
        # Pillow composes frames as large as a GIF asks for.
        pixels = self.height * self.width
        with file:
            for number in range(self.first, self.first + self.count):
                with decode_errors(), pillow_settings(pixels, enforced=True):
                    file.seek(number)
                    self._check_frame(file.size)
                    frame = np.asarray(file.convert("RGBA"))
                    duration = float(file.info.get("duration") or _DEFAULT_MS)
                if frame[..., 3].min() == 255:
                    frame = frame[..., :3]
                yield self.color.convert(frame), max(duration, 1.0)

    def _check_frame(self, size: tuple[int, int]) -> None:
        """Checks a frame before it is decoded; those of a GIF may grow."""
        if size != (self.width, self.height):
            raise UnreadableImage(
                f"a frame has {size[0]} x {size[1]} pixels, not "
                f"{self.width} x {self.height}"
            )


def open_animation(path: Path, max_pixels: int) -> Animation | None:
    """Opens a file if it is an animation.

    Args:
        path: Any image file.
        max_pixels: Largest allowed number of pixels of a frame.

    Returns:
        The animation, or `None` for any other image.

    Raises:
        UnreadableImage: If it is damaged, too large or too long.
    """
    with decode_errors():
        if not _may_be_animated(path):
            return None
    with open_image(path, max_pixels) as image:
        count = getattr(image, "n_frames", 1)
        if count < 2 or image.format not in _FORMATS:
            return None
        if count > MAX_FRAMES:
            raise UnreadableImage(
                f"an animation of {count:,} frames; the most read is "
                f"{MAX_FRAMES:,}"
            )
        first = int(bool(image.info.get("default_image")))
        check_size(image.size, max_pixels)
        chunks = read_png_chunks(path)
        if ";16" in raw_mode(image):
            logger.warning(f"{path}: the 16 bits of its frames are read as 8")
        transparent = (
            image.format == "GIF"
            or image.mode in _ALPHA_MODES
            or "transparency" in image.info
        )
        loop = image.info.get("loop")
        color = declared_color(chunks, path)
        pixels = np.asarray(image.convert("RGB"))
        metadata = read_metadata(image, pixels, path, png=chunks)
        lossless = image.format == "WEBP" and is_lossless_webp(path)
        metadata = dataclasses.replace(
            metadata,
            icc=metadata.icc or color.icc,
            color=color.chunks,
            hdr=color.is_hdr,
            lossless=lossless,
        )
        color.report(path)
        return Animation(
            path=path,
            height=image.height,
            width=image.width,
            count=count - first,
            loop=loop if isinstance(loop, int) else None,
            may_be_transparent=transparent,
            metadata=metadata,
            first=first,
            color=color,
        )


def _may_be_animated(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head.startswith(_SIGNATURES) or head[4:8] == b"ftyp"
