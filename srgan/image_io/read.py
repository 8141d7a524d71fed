"""Reads an image file with every channel, every bit, and its metadata."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from srgan.image_io.avif import coded_color_of
from srgan.image_io.cmyk import cmyk_to_rgb
from srgan.image_io.color_16bit import is_16bit_color, read_16bit_color
from srgan.image_io.errors import (
    UnreadableImage,
    decode_errors,
    pillow_settings,
)
from srgan.image_io.extras import report_extras
from srgan.image_io.heif import decode_deep_heif
from srgan.image_io.levels import to_levels
from srgan.image_io.metadata import Metadata
from srgan.image_io.open_image import open_image, readable_kind
from srgan.image_io.orientation import apply_orientation
from srgan.image_io.pil import copy_pixels
from srgan.image_io.png_chunks import PngChunk, read_png_chunks
from srgan.image_io.png_color import (
    DeclaredColor,
    coded_color,
    declared_color,
)
from srgan.image_io.quirks import (
    decodes_transposed,
    is_lossless_webp,
    is_white_zero,
)
from srgan.image_io.read_metadata import read_metadata
from srgan.image_io.special import SpecialImage, decode_special
from srgan.image_io.webp import decode_webp, decodes_large_webp

logger = logging.getLogger(__name__)

# Pillow refuses as many: twice its MAX_IMAGE_PIXELS.
MAX_PIXELS = 178_956_970
# PQ and HLG, in ITU-T H.273.
_HDR_TRANSFERS = (16, 18)
# A camera's MPO and HEIC hold one photo, and others beside it.
_FORMATS_WITH_A_MAIN_IMAGE = ("MPO", "HEIF")
# Modes that are kept, and conversions of the others.
_KEPT_MODES = ("L", "LA", "RGB", "RGBA")
_CONVERSIONS = {"1": "L", "La": "LA", "RGBa": "RGBA", "PA": "RGBA"}


@dataclasses.dataclass(frozen=True)
class DecodedImage:
    """An image as stored in its file, made upright.

    Attributes:
        pixels: uint8 or uint16 array of shape `(height, width, channels)`:
            gray, gray and alpha, RGB, or RGB and alpha.
        metadata: Metadata of the file.
    """

    pixels: np.ndarray
    metadata: Metadata


def read_image(path: Path, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Reads an image without loss of bits or channels.

    Palettes become RGB, one bit becomes 8-bit gray, a transparent color
    becomes an alpha channel, and CMYK becomes RGB, by its color profile if it
    has one.

    Args:
        path: File of one of the `FORMATS`.
        max_pixels: Largest allowed number of pixels.

    Raises:
        UnreadableImage: If the file is damaged, too large, animated or of
            several pages, or no image.
    """
    with decode_errors(), pillow_settings(max_pixels):
        kind = readable_kind(path)
        special = decode_special(path, kind, max_pixels)
        if special:
            return _decoded(special, path)
        png = read_png_chunks(path)
    with open_image(path, max_pixels) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format not in _FORMATS_WITH_A_MAIN_IMAGE:
            raise UnreadableImage(
                f"it holds {frames} images (an animation or pages), not one"
            )
        report_extras(image, path)
        transposed = decodes_transposed(image)
        pixels = _decode(image, path)
        color = _declared_color(image, png, path)
        color.report(path)
        pixels = color.convert(pixels)
        metadata = read_metadata(image, pixels, path, transposed, png)
        metadata = _with_color(metadata, color)
        if image.format == "WEBP" and is_lossless_webp(path):
            metadata = dataclasses.replace(metadata, lossless=True)
    pixels = apply_orientation(pixels, metadata.orientation)
    return DecodedImage(pixels, metadata)


def _decoded(special: SpecialImage, path: Path) -> DecodedImage:
    report_extras(special.about, path)
    metadata = read_metadata(special.about, special.pixels, path)
    pixels = apply_orientation(special.pixels, metadata.orientation)
    return DecodedImage(pixels, metadata)


def _declared_color(
    image: Image.Image, png: tuple[PngChunk, ...], path: Path
) -> DeclaredColor:
    """Returns the color space that a file declares without an ICC profile."""
    coded = None if image.info.get("icc_profile") else _coded(image, path)
    if coded is None:
        return declared_color(png, path)
    color = coded_color(*coded)
    if color.is_hdr and coded[1] in _HDR_TRANSFERS:
        logger.warning(f"{path}: left out: its HDR transfer function")
    return dataclasses.replace(color, is_hdr=False)


def _coded(image: Image.Image, path: Path) -> tuple[int, int] | None:
    """Returns the numbers of primaries and transfer of a HEIC or AVIF."""
    if image.format == "AVIF":
        return coded_color_of(path)
    coded = image.info.get("nclx_profile")
    if not isinstance(coded, dict):
        return None
    return (
        coded.get("color_primaries", 1),
        coded.get("transfer_characteristics", 13),
    )


def _with_color(metadata: Metadata, color: DeclaredColor) -> Metadata:
    return dataclasses.replace(
        metadata,
        icc=metadata.icc or color.icc,
        color=color.chunks,
        hdr=color.is_hdr,
    )


def _decode(image: Image.Image, path: Path) -> np.ndarray:
    if isinstance(image, ImageFile.ImageFile) and is_16bit_color(image):
        return read_16bit_color(image, path)
    if image.format == "HEIF" and image.info.get("bit_depth", 8) > 8:
        return decode_deep_heif(path)
    if decodes_large_webp(image):
        return decode_webp(image, path)
    if image.mode == "F":
        return to_levels(np.asarray(image)[..., None], path)
    if image.mode.startswith("I"):
        return _decode_16bit_gray(image, path)
    pixels = copy_pixels(_convert_8bit(image, path))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _decode_16bit_gray(image: Image.Image, path: Path) -> np.ndarray:
    levels = to_levels(np.asarray(image)[..., None], path)
    if is_white_zero(image):
        levels = 65535 - levels
    transparent = image.info.get("transparency")
    if transparent is None:
        return levels
    alpha = (levels != transparent) * np.uint16(65535)
    return np.concatenate([levels, alpha], axis=-1)


def _convert_8bit(image: Image.Image, path: Path) -> Image.Image:
    """Converts an image of at most 8 bits to one of the kept modes."""
    image.load()
    if image.mode == "CMYK":
        return cmyk_to_rgb(image, path)
    if "transparency" in image.info:
        return image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    if image.mode == "P" and _is_gray_palette(image):
        return image.convert("L")
    if image.mode in _KEPT_MODES:
        return image
    return image.convert(_CONVERSIONS.get(image.mode, "RGB"))


def _is_gray_palette(image: Image.Image) -> bool:
    palette = np.reshape(image.getpalette() or [], (-1, 3))
    return bool((palette == palette[:, :1]).all())
