"""Reads TIFFs of samples that Pillow reads with fewer bits or not at all.

Such are planes of 16 bits, 16-bit CMYK, colors multiplied by their alpha, and
floating-point colors. libtiff decompresses them as if each byte were a gray
pixel; predictors, byte order and planes are undone here.

Reference:
    - TIFF 6.0, sections 14 and 18; Adobe's TIFF Technical Note 3 (predictor 3)
"""

from __future__ import annotations

import io
import logging
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

from srgan.image_io.errors import UnreadableImage, pillow_settings
from srgan.image_io.tiff_layout import (
    ASSOCIATED_ALPHA,
    CMYK,
    COLORS,
    UNASSOCIATED_ALPHA,
    WHITE_IS_ZERO,
    TiffSamples,
    as_tuple,
)

logger = logging.getLogger(__name__)

# None, LZW, deflate (twice), PackBits, LZMA, Zstandard.
_COMPRESSIONS = (1, 5, 8, 32946, 32773, 34925, 50000)
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3
# The file and its pixels are held in memory, for a moment several times.
_MAX_BYTES = 3 * 2**26
# Tiles may be larger than the image, within limits.
_MIN_LIMIT, _MOST_PADDING = 2**26, 4
_BLACK_IS_ZERO, _LONG = 1, 4


def read_tiff_samples(path: Path, samples: TiffSamples) -> np.ndarray:
    """Decodes the samples.

    Returns:
        Array of shape `(height, width, channels)`, black is 0: gray, RGB or
        CMYK, and alpha. Not made upright.

    Raises:
        UnreadableImage: If the compression is not supported, or the pixels
            take too much memory.
    """
    compression = samples.tags.get(Base.Compression, 1)
    if compression not in _COMPRESSIONS:
        raise UnreadableImage(
            f"{samples.dtype.name} colors of TIFF compression {compression} "
            "are not read"
        )
    size = samples.pixel_bytes
    if max(size, path.stat().st_size) > _MAX_BYTES:
        raise UnreadableImage(
            f"{size:,} bytes of {samples.dtype.name} pixels; the most read is "
            f"{_MAX_BYTES:,}; convert it to 16-bit integers without planes"
        )
    data = path.read_bytes()
    if samples.planar:
        planes = [
            _decode(data, samples, plane) for plane in range(samples.samples)
        ]
        pixels = np.concatenate(planes, axis=-1)
    else:
        pixels = _decode(data, samples, None)
    if samples.photometric == WHITE_IS_ZERO:
        pixels = _inverted(pixels)
    return _without_extras(pixels, samples, path)


def _decode(data: bytes, samples: TiffSamples, plane: int | None) -> np.ndarray:
    """Decodes one plane, or all if they are not apart."""
    tags = samples.tags
    channels = samples.samples if plane is None else 1
    tile_width = tags.get(Base.TileWidth, samples.width)
    tile_bytes = tile_width * channels * samples.dtype.itemsize
    across = -(-samples.width // tile_width)
    tile_height = tags.get(Base.TileLength) or tags.get(
        Base.RowsPerStrip, samples.height
    )
    down = -(-samples.height // tile_height)
    tiled = Base.TileWidth in tags
    height = down * tile_height if tiled else samples.height
    size = across * tile_bytes * height
    if size > max(_MIN_LIMIT, _MOST_PADDING * samples.pixel_bytes):
        raise UnreadableImage("the file is damaged: its tiles are too large")
    start = (plane or 0) * across * down
    part = slice(start, start + across * down)
    fields: dict[int, tuple[Any, ...]] = {
        Base.ImageWidth: (across * tile_bytes,),
        Base.ImageLength: (height,),
        Base.BitsPerSample: (8,),
        Base.Compression: (tags.get(Base.Compression, 1),),
        Base.PhotometricInterpretation: (_BLACK_IS_ZERO,),
        Base.FillOrder: (tags.get(Base.FillOrder, 1),),
        Base.SamplesPerPixel: (1,),
    }
    if tiled:
        fields |= {
            Base.TileWidth: (tile_bytes,),
            Base.TileLength: (tile_height,),
            Base.TileOffsets: as_tuple(tags[Base.TileOffsets])[part],
            Base.TileByteCounts: as_tuple(tags[Base.TileByteCounts])[part],
        }
    else:
        fields |= {
            Base.RowsPerStrip: (min(tile_height, height),),
            Base.StripOffsets: as_tuple(tags[Base.StripOffsets])[part],
            Base.StripByteCounts: as_tuple(tags[Base.StripByteCounts])[part],
        }
    file = io.BytesIO(_with_directory(data, fields))
    with (
        pillow_settings(_MAX_BYTES),
        Image.open(file, formats=["TIFF"]) as image,
    ):
        octets = np.asarray(image)
    octets = octets.reshape(height, across, tile_bytes)
    pixels = _undo_predictor(
        octets, samples.dtype, channels, tags.get(Base.Predictor, 1)
    )
    pixels = pixels.reshape(height, across * tile_width, channels)
    return pixels[: samples.height, : samples.width]


def _with_directory(data: bytes, fields: dict[int, tuple[Any, ...]]) -> bytes:
    """Replaces header and directory of a TIFF, which may be a BigTIFF."""
    order = "<" if data.startswith(b"II") else ">"
    offset = len(data) + len(data) % 2
    values_at = offset + 2 + 12 * len(fields) + 4
    entries, long_values = b"", b""
    for tag, values in sorted(fields.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            place = values_at + len(long_values)
            long_values += packed
            packed = struct.pack(f"{order}I", place)
        entries += struct.pack(f"{order}HHI", tag, _LONG, len(values)) + packed
    directory = struct.pack(f"{order}H", len(fields)) + entries + bytes(4)
    header = data[:2] + struct.pack(f"{order}HI", 42, offset)
    pad = bytes(offset - len(data))
    return b"".join([header, data[8:], pad, directory, long_values])


def _undo_predictor(
    octets: np.ndarray, dtype: np.dtype, channels: int, predictor: int
) -> np.ndarray:
    """Converts decompressed bytes of shape `(rows, tiles, bytes)`."""
    rows = octets.shape[:2]
    native = dtype.newbyteorder("=")
    if predictor == _FLOAT_DIFFERENCES:
        sums = octets.reshape(*rows, -1, channels).cumsum(axis=2, dtype="u1")
        # The highest bytes of all samples come first.
        planes = sums.reshape(*rows, dtype.itemsize, -1)
        big = np.ascontiguousarray(np.moveaxis(planes, 2, 3))
        return big.view(dtype.newbyteorder(">"))[..., 0].astype(native)
    values = np.ascontiguousarray(octets).view(dtype).astype(native)
    if predictor == _DIFFERENCES:
        values = values.reshape(*rows, -1, channels)
        return values.cumsum(axis=2, dtype=native)
    return values


def _inverted(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype.kind == "f":
        return 1 - pixels
    return np.iinfo(pixels.dtype).max - pixels


def _without_extras(
    pixels: np.ndarray, samples: TiffSamples, path: Path
) -> np.ndarray:
    """Keeps the colors and the alpha, which no longer multiplies them."""
    colors = COLORS[samples.photometric]
    alpha = samples.extra in (ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA)
    kept = colors + (alpha and samples.photometric != CMYK)
    if samples.samples > kept:
        logger.warning(
            f"{path}: left out: {samples.samples - kept} extra channels"
        )
    pixels = pixels[..., :kept]
    if samples.extra != ASSOCIATED_ALPHA or kept == colors:
        return pixels
    is_float = pixels.dtype.kind == "f"
    most = 1.0 if is_float else float(np.iinfo(pixels.dtype).max)
    opacity = pixels[..., colors:].astype(np.float64)
    factor = most / np.where(opacity > 0, opacity, most)
    free = pixels[..., :colors] * factor
    if not is_float:
        free = np.rint(np.clip(free, 0, most))
    pixels = pixels.copy()
    pixels[..., :colors] = free
    return pixels
