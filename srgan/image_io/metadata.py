"""What a image file says beside its pixels, carried over to another file."""

from __future__ import annotations

import dataclasses
import logging
import struct
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from srgan.image_io.exif import pack_exif
from srgan.image_io.metadata import container_dpi, exif_dpi
from srgan.image_io.quirks import TRANSPOSED_ORIENTATIONS

logger = logging.getLogger(__name__)

_ORIENTATION = ExifTags.Base.Orientation
# The tags of the main directory that describe the image, all of them text.
# The others tell how one file is laid out.
_TEXTS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Copyright,
)
_INCH = 2
# A directory inside a directory, which would be an offset into the old file.
_NESTED = ExifTags.IFD.Interop


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """Facts about a image that survive its upscaling.

    Attributes:
        orientation: How the stored pixels must be turned to stand upright,
            1 (not at all) to 8, as Exif counts.
        texts: Description, camera, author and so on, by Exif tag.
        photo: Exif's directory of the exposure.
        gps: Exif's directory of the place.
        icc: Colour profile.
        dpi: Dots per inch, across and down, when it stands upright.
        lossless: It was a WebP file that keeps every pixel as it was.
    """

    orientation: int = 1
    texts: dict[int, str] = dataclasses.field(default_factory=dict)
    photo: dict[int, Any] = dataclasses.field(default_factory=dict)
    gps: dict[int, Any] = dataclasses.field(default_factory=dict)
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    lossless: bool = False

    def exif_ifd_of_size(self, height: int, width: int) -> dict[int, Any]:
        """Gives the directory of the exposure, its size put right."""
        if not self.photo:
            return {}
        return {
            **self.photo,
            ExifTags.Base.ExifImageWidth: width,
            ExifTags.Base.ExifImageHeight: height,
        }

    def exif(self, height: int, width: int, with_dpi: bool = False) -> bytes:
        """Packs the Exif facts as JPEG and WebP hold them; empty for none.

        Args:
            height: Of the image, in pixels.
            width: Likewise.
            with_dpi: For formats that have no other place for it.
        """
        main: dict[int, Any] = {**self.texts}
        if with_dpi and self.dpi:
            across, down = self.dpi
            main |= {
                ExifTags.Base.XResolution: across,
                ExifTags.Base.YResolution: down,
                ExifTags.Base.ResolutionUnit: _INCH,
            }
        return pack_exif(main, self.exif_ifd_of_size(height, width), self.gps)

    def without_exif(self) -> Metadata:
        """Gives the rest."""
        return dataclasses.replace(self, texts={}, photo={}, gps={})


def read_metadata(
    image: Image.Image, channels: int, path: Path, turned: bool = False
) -> Metadata:
    """Collects the metadata of a decoded image.

    Args:
        image: A image that Pillow has loaded from a file.
        channels: How many channels are kept of it. A colour profile made for
            other channels is left out, and a note says so.
        path: The file, for notes.
        turned: Rows and columns changed places already, while it was decoded.
    """
    icc = image.info.get("icc_profile") or None
    # An ICC header names the colour space in bytes 16 to 19 (ICC.1, 7.2.6).
    wanted = b"GRAY" if channels < 3 else b"RGB "
    if icc and icc[16:20] != wanted:
        if image.mode != "CMYK":
            logger.warning(
                f"{path}: the colour profile does not fit the image and is "
                "left out"
            )
        icc = None
    facts = Metadata(icc=icc, dpi=container_dpi(image))
    damage = (ValueError, TypeError, SyntaxError, KeyError, struct.error)
    try:
        exif = image.getexif()
        facts = _upright(facts, exif, turned)
        return _with_exif(facts, exif)
    except damage:
        logger.warning(f"{path}: the Exif data are damaged and are left out")
        return facts


def _upright(facts: Metadata, exif: Image.Exif, turned: bool) -> Metadata:
    orientation = exif.get(_ORIENTATION, 1)
    if orientation not in range(1, 9):
        orientation = 1
    dpi = facts.dpi or exif_dpi(exif)
    if dpi and (turned or orientation in TRANSPOSED_ORIENTATIONS):
        dpi = dpi[::-1]
    return dataclasses.replace(facts, orientation=orientation, dpi=dpi)


def _with_exif(facts: Metadata, exif: Image.Exif) -> Metadata:
    photo = exif.get_ifd(ExifTags.IFD.Exif)
    facts = dataclasses.replace(
        facts,
        texts={
            tag: exif[tag] for tag in _TEXTS if isinstance(exif.get(tag), str)
        },
        photo={tag: v for tag, v in photo.items() if tag != _NESTED},
        gps=dict(exif.get_ifd(ExifTags.IFD.GPSInfo)),
    )
    facts.exif(1, 1)  # What cannot be packed should fail here, not later.
    return facts
