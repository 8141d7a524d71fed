"""Writes animated GIF frame by frame.

Every frame covers the image and has a palette of its own. Pillow encodes each
one as a GIF, from which its parts are taken.

Reference:
    - [GIF89a](https://www.w3.org/Graphics/GIF/spec-gif89a.txt)
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from PIL import Image

from srgan.image_io.encoders.animation import AnimationHeader

_COLORS = 255
_TRANSPARENT = 255
_OPAQUE_ALPHA = 128
_KEEP, _CLEAR = 1, 2
_TRAILER = b";"
_IMAGE, _EXTENSION = 0x2C, 0x21
_LOCAL_PALETTE = 0x80
_SUB_BLOCK = 255
_MAX_DELAY = 65_535


def encode_gif(
    file: BinaryIO,
    header: AnimationHeader,
    frames: Iterable[tuple[np.ndarray, float]],
) -> None:
    """Writes an animation.

    Args:
        file: Binary file to write to.
        header: Size and number of the frames, and metadata.
        frames: uint8 arrays of shape `(height, width, 3 or 4)`, and durations
            in milliseconds, which are rounded to hundredths of a second in
            sum.
    """
    file.write(
        b"GIF89a" + struct.pack("<HHBBB", header.width, header.height, 0, 0, 0)
    )
    if header.loop is not None and header.loop != 1:
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01")
        file.write(struct.pack("<HB", min(header.loop, 65_535), 0))
    if header.metadata.comment:
        file.write(b"!\xfe" + _sub_blocks(header.metadata.comment))
    waiting: tuple[np.ndarray, int] | None = None
    shown = ended = 0.0
    for pixels, milliseconds in frames:
        if waiting:
            _write_frame(file, *waiting, cleared=_is_transparent(pixels))
        ended += milliseconds / 10
        delay = min(round(ended - shown), _MAX_DELAY)
        shown += delay
        waiting = pixels, delay
    if waiting:
        _write_frame(file, *waiting, cleared=_is_transparent(waiting[0]))
    file.write(_TRAILER)


def _write_frame(
    file: BinaryIO, pixels: np.ndarray, delay: int, cleared: bool
) -> None:
    """Writes a frame; it is cleared if the next one is transparent."""
    transparent = _is_transparent(pixels)
    palette, data = _encode(pixels)
    disposal = _CLEAR if cleared else _KEEP
    flags = disposal << 2 | transparent
    file.write(
        b"!\xf9\x04"
        + struct.pack("<BHBB", flags, delay, _TRANSPARENT * transparent, 0)
    )
    height, width = pixels.shape[:2]
    bits = (len(palette) // 3 - 1).bit_length() - 1
    file.write(
        struct.pack(
            "<BHHHHB", _IMAGE, 0, 0, width, height, _LOCAL_PALETTE | bits
        )
    )
    file.write(palette + data)


def _is_transparent(pixels: np.ndarray) -> bool:
    return pixels.shape[-1] == 4 and bool(
        (pixels[..., 3] < _OPAQUE_ALPHA).any()
    )


def _encode(pixels: np.ndarray) -> tuple[bytes, bytes]:
    """Returns the palette and the compressed pixels of a frame."""
    image = _to_palette(np.ascontiguousarray(pixels[..., :3]))
    if _is_transparent(pixels):
        levels = np.asarray(image).copy()
        levels[pixels[..., 3] < _OPAQUE_ALPHA] = _TRANSPARENT
        colors = image.getpalette() or []
        image = Image.fromarray(levels, "P")
        image.putpalette(colors + [0] * (768 - len(colors)))
    buffer = io.BytesIO()
    image.save(buffer, "GIF", optimize=False, interlace=False)
    return _split(buffer.getvalue())


def _to_palette(pixels: np.ndarray) -> Image.Image:
    """Reduces an RGB image to a palette, exactly if its colors suffice."""
    wide = pixels.astype(np.uint32)
    codes = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    colors, indices = np.unique(codes, return_inverse=True)
    if len(colors) > _COLORS:
        return Image.fromarray(pixels).quantize(
            _COLORS, dither=Image.Dither.NONE
        )
    image = Image.fromarray(indices.reshape(codes.shape).astype(np.uint8), "P")
    octets = colors.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    palette = octets.ravel().tolist()
    image.putpalette(palette + [0] * (768 - len(palette)))
    return image


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Finds the palette and the compressed pixels of a GIF of one frame."""
    flags = data[10]
    start = 13 + 3 * 2 ** ((flags & 7) + 1)
    palette = data[13:start]
    while data[start] == _EXTENSION:
        start = _end_of_sub_blocks(data, start + 2)
    start += 10
    end = _end_of_sub_blocks(data, start + 1)
    return palette, data[start:end]


def _end_of_sub_blocks(data: bytes, offset: int) -> int:
    while data[offset]:
        offset += 1 + data[offset]
    return offset + 1


def _sub_blocks(data: bytes) -> bytes:
    parts = (data[i : i + _SUB_BLOCK] for i in range(0, len(data), _SUB_BLOCK))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
