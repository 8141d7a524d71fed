"""What a picture file says beside its pixels, carried over to another file."""

from __future__ import annotations

import dataclasses
import struct
from typing import Any

from PIL import ExifTags, Image

from adversarial.messages import note

_ORIENTATION = ExifTags.Base.Orientation
# The tags of the main directory that describe the picture, all of them text.
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
# A directory inside a directory, which would be an offset into the old file.
_NESTED = ExifTags.IFD.Interop


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """Facts about a picture that survive its enlargement.

    Attributes:
        orientation: How the stored pixels must be turned to stand upright,
            1 (not at all) to 8, as Exif counts.
        texts: Description, camera, author and so on, by Exif tag.
        photo: Exif's directory of the exposure.
        gps: Exif's directory of the place.
        icc: Colour profile.
        dpi: Dots per inch, across and down.
    """

    orientation: int = 1
    texts: dict[int, str] = dataclasses.field(default_factory=dict)
    photo: dict[int, Any] = dataclasses.field(default_factory=dict)
    gps: dict[int, Any] = dataclasses.field(default_factory=dict)
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None

    def photo_of_size(self, height: int, width: int) -> dict[int, Any]:
        """Gives the directory of the exposure, its size put right."""
        if not self.photo:
            return {}
        return {
            **self.photo,
            ExifTags.Base.ExifImageWidth: width,
            ExifTags.Base.ExifImageHeight: height,
        }

    def exif(self, height: int, width: int) -> bytes:
        """Packs the Exif facts as JPEG and WebP hold them; empty for none."""
        exif = Image.Exif()
        exif.update(self.texts)
        if self.photo:
            exif[ExifTags.IFD.Exif] = self.photo_of_size(height, width)
        if self.gps:
            exif[ExifTags.IFD.GPSInfo] = self.gps
        return exif.tobytes() if len(exif) else b""


def read_metadata(image: Image.Image, channels: int) -> Metadata:
    """Collects the metadata of a decoded picture.

    Args:
        image: A picture that Pillow has loaded from a file.
        channels: How many channels are kept of it. A colour profile made for
            other channels is left out, and a note says so.
    """
    icc = image.info.get("icc_profile") or None
    # An ICC header names the colour space in bytes 16 to 19 (ICC.1, 7.2.6).
    wanted = b"GRAY" if channels < 3 else b"RGB "
    if icc and icc[16:20] != wanted:
        if image.mode != "CMYK":
            note("a colour profile does not fit its picture and is left out")
        icc = None
    dpi = image.info.get("dpi")
    facts = Metadata(
        icc=icc, dpi=(float(dpi[0]), float(dpi[1])) if dpi else None
    )
    try:
        return _with_exif(facts, image.getexif())
    except (ValueError, TypeError, SyntaxError, KeyError, struct.error):
        note("Exif data are damaged and are left out")
        return facts


def _with_exif(facts: Metadata, exif: Image.Exif) -> Metadata:
    orientation = exif.get(_ORIENTATION, 1)
    photo = exif.get_ifd(ExifTags.IFD.Exif)
    facts = dataclasses.replace(
        facts,
        orientation=orientation if orientation in range(1, 9) else 1,
        texts={
            tag: exif[tag] for tag in _TEXTS if isinstance(exif.get(tag), str)
        },
        photo={tag: v for tag, v in photo.items() if tag != _NESTED},
        gps=dict(exif.get_ifd(ExifTags.IFD.GPSInfo)),
    )
    facts.exif(1, 1)  # What cannot be packed should fail here, not later.
    return facts
