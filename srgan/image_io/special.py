"""Decodes the images that Pillow cannot, or not with all their bits."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from srgan.image_io.cmyk import cmyk_to_rgb
from srgan.image_io.errors import check_size
from srgan.image_io.formats import Kind
from srgan.image_io.jxl import decode_jxl, jxl_metadata, jxl_size
from srgan.image_io.levels import to_levels
from srgan.image_io.tiff_layout import CMYK, find_tiff_samples
from srgan.image_io.tiff_samples import read_tiff_samples

logger = logging.getLogger(__name__)

_BIG = 43
_XMP_TAG = 700


@dataclasses.dataclass(frozen=True)
class SpecialImage:
    """A decoded image.

    Attributes:
        pixels: uint8 or uint16 array of shape `(height, width, channels)`.
        about: Image of one pixel with the metadata.
    """

    pixels: np.ndarray
    about: Image.Image

    def image_8bit(self, path: Path) -> Image.Image:
        """Returns a Pillow image of 8 bits."""
        pixels = self.pixels
        if pixels.dtype == np.uint16:
            pixels = np.rint(pixels / 257).astype(np.uint8)
        single = pixels.shape[-1] == 1
        image = Image.fromarray(pixels[..., 0] if single else pixels)
        image.info.update(self.about.info)
        image.getexif().update(self.about.getexif())
        image.format = self.about.format
        return image


def decode_special(
    path: Path, kind: Kind, max_pixels: int | None
) -> SpecialImage | None:
    """Decodes an image if it is of such a kind.

    Args:
        path: The file.
        kind: Its kind.
        max_pixels: Largest allowed number of pixels.

    Returns:
        The image, or `None` if Pillow is to read it.

    Raises:
        UnreadableImage: If it is too large or not supported.
    """
    if kind.name == "jxl":
        check_size(jxl_size(path), max_pixels)
        pixels = to_levels(decode_jxl(path), path)
        return SpecialImage(pixels, _about_jxl(path))
    return _decode_tiff(path, max_pixels)


def _about_jxl(path: Path) -> Image.Image:
    about = Image.new("L", (1, 1))
    about.format = "JXL"
    about.info.update(jxl_metadata(path))
    # The decoder has applied it.
    about.getexif().pop(ExifTags.Base.Orientation, None)
    return about


def _decode_tiff(path: Path, max_pixels: int | None) -> SpecialImage | None:
    samples = find_tiff_samples(path)
    if samples is None:
        return None
    check_size((samples.width, samples.height), max_pixels)
    pixels = read_tiff_samples(path, samples)
    about = _about_tiff(samples.tags, path)
    pixels = to_levels(pixels, path)
    if samples.photometric == CMYK:
        octets = pixels if pixels.dtype == np.uint8 else pixels >> 8
        image = Image.fromarray(octets.astype(np.uint8), "CMYK")
        image.info["icc_profile"] = about.info.get("icc_profile")
        logger.info(f"{path}: CMYK of 16 bits becomes RGB of 8 bits")
        pixels = np.asarray(cmyk_to_rgb(image, path))
        about.info.pop("icc_profile", None)
    return SpecialImage(pixels, about)


def _about_tiff(tags: ImageFileDirectory_v2, path: Path) -> Image.Image:
    """Returns an image of one pixel with the tags of another."""
    about = Image.new("L", (1, 1))
    about.format = "TIFF"
    profile = tags.get(ExifTags.Base.InterColorProfile)
    if profile:
        about.info["icc_profile"] = profile
    if _XMP_TAG in tags:
        about.info["xmp"] = tags[_XMP_TAG]
    exif = about.getexif()
    with path.open("rb") as file:
        header = file.read(4)
        exif.bigtiff = _BIG in header[2:]
        exif.endian = "<" if header.startswith(b"II") else ">"
        exif.load_from_fp(file, tags.offset)
        for group in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            exif.get_ifd(group)  # While the file is open.
    return about
