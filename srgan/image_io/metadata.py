"""The metadata of an image that are kept when it is upscaled."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from PIL import ExifTags

from srgan.image_io.exif import pack_exif
from srgan.image_io.microscopy import is_imagej, scale_description
from srgan.image_io.png_chunks import PngChunk
from srgan.image_io.xmp import xmp_of_size

logger = logging.getLogger(__name__)

_INCH = 2
_DESCRIPTION = ExifTags.Base.ImageDescription


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """Metadata of an image that are kept when it is upscaled.

    Attributes:
        orientation: Exif orientation of the stored pixels, 1 (upright) to 8.
        texts: Description, camera, author and so on, by Exif tag.
        tags: Rating, and title and keywords of Windows, by Exif tag.
        exif_ifd: Exif directory: exposure, lens and so on.
        gps: GPS directory.
        thumbnail: JPEG for the Exif data; empty if the source had none.
        xmp: XMP packet; empty if there is none.
        iptc: IPTC data; empty if there are none.
        comment: Comment of a JPEG or GIF; empty if there is none.
        png: Texts of a PNG.
        color: Chunks of a PNG about its color space.
        hdr: Whether only these express it.
        icc: ICC color profile.
        dpi: Dots per inch of the upright image, horizontal and vertical.
        per_unit: Pixels per unit of a TIFF without a unit, as of ImageJ.
        lossless: Whether it was read from a lossless WebP file.
    """

    orientation: int = 1
    texts: dict[int, str] = dataclasses.field(default_factory=dict)
    tags: dict[int, Any] = dataclasses.field(default_factory=dict)
    exif_ifd: dict[int, Any] = dataclasses.field(default_factory=dict)
    gps: dict[int, Any] = dataclasses.field(default_factory=dict)
    thumbnail: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    comment: bytes = b""
    png: tuple[PngChunk, ...] = ()
    color: tuple[PngChunk, ...] = ()
    hdr: bool = False
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    per_unit: tuple[float, float] | None = None
    lossless: bool = False

    def exif_ifd_of_size(self, height: int, width: int) -> dict[int, Any]:
        """Returns the Exif directory with the given image size."""
        if not self.exif_ifd:
            return {}
        return {
            **self.exif_ifd,
            ExifTags.Base.ExifImageWidth: width,
            ExifTags.Base.ExifImageHeight: height,
        }

    def exif(self, height: int, width: int, with_dpi: bool = False) -> bytes:
        """Packs the Exif data as stored in JPEG and WebP; empty if none.

        Args:
            height: Height of the image, in pixels.
            width: Width of the image, in pixels.
            with_dpi: Includes the resolution, for formats without a field of
                their own for it.
        """
        main: dict[int, Any] = {**self.texts, **self.tags}
        if with_dpi and self.dpi:
            horizontal, vertical = self.dpi
            main |= {
                ExifTags.Base.XResolution: horizontal,
                ExifTags.Base.YResolution: vertical,
                ExifTags.Base.ResolutionUnit: _INCH,
            }
        exif_ifd = self.exif_ifd_of_size(height, width)
        return pack_exif(main, exif_ifd, self.gps, self.thumbnail)

    def xmp_of_size(self, height: int, width: int) -> bytes:
        """Returns the XMP with the given image size."""
        return xmp_of_size(self.xmp, height, width)

    def without_exif(self) -> Metadata:
        """Returns a copy without Exif data."""
        return dataclasses.replace(
            self, texts={}, tags={}, exif_ifd={}, gps={}, thumbnail=b""
        )

    def scaled(self, scale: int, path: Path) -> Metadata:
        """Returns a copy for an image of more pixels and the same object.

        Lengths that microscopes state are scaled; the resolution of a photo,
        which is for printing, is not.

        Args:
            scale: Upscaling factor.
            path: The file, for warnings.
        """
        description = self.texts.get(_DESCRIPTION, "")
        imagej = is_imagej(description)
        scaled = scale_description(description, scale)
        texts = dict(self.texts)
        if scaled is None:
            logger.warning(
                f"{path}: left out: its OME-XML, whose sizes cannot be scaled"
            )
            del texts[_DESCRIPTION]
        elif description:
            texts[_DESCRIPTION] = scaled
        return dataclasses.replace(
            self,
            texts=texts,
            per_unit=_times(self.per_unit, scale) if imagej else None,
            dpi=_times(self.dpi, scale) if imagej else self.dpi,
        )


def _times(
    numbers: tuple[float, float] | None, factor: int
) -> tuple[float, float] | None:
    return numbers and (numbers[0] * factor, numbers[1] * factor)
