"""Fits metadata to what a file format can hold."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

from PIL import ExifTags

from srgan.image_io.metadata import Metadata

logger = logging.getLogger(__name__)

_UNLIMITED = 2**31 - 1
# Exif tags for the usual keywords of texts in PNG.
_EXIF_TAGS = {
    b"Title": ExifTags.Base.ImageDescription,
    b"Description": ExifTags.Base.ImageDescription,
    b"Author": ExifTags.Base.Artist,
    b"Copyright": ExifTags.Base.Copyright,
    b"Software": ExifTags.Base.Software,
}
# Of image generators, which store it in this tag of a JPEG.
_PARAMETERS = b"parameters"
_UNICODE = b"UNICODE\0"


@dataclasses.dataclass(frozen=True)
class MetadataLimits:
    """Most bytes of each kind of metadata in a format.

    Attributes:
        exif: Exif data.
        icc: Color profile.
        xmp: XMP.
        iptc: IPTC data.
        comment: A comment.
        png: Whether texts and color chunks of a PNG are written.
    """

    exif: int = _UNLIMITED
    icc: int = _UNLIMITED
    xmp: int = _UNLIMITED
    iptc: int = 0
    comment: int = 0
    png: bool = False


def fit_metadata(
    metadata: Metadata, limits: MetadataLimits, path: Path
) -> Metadata:
    """Drops or converts what a format cannot hold, with warnings.

    Args:
        metadata: The metadata of an image.
        limits: Limits of the format.
        path: The output file, for the warnings.
    """
    if not limits.png:
        metadata = _without_png(metadata, path)
    if len(metadata.exif(1, 1)) > limits.exif:
        metadata = dataclasses.replace(metadata, thumbnail=b"")
    exif = len(metadata.exif(1, 1))
    if exif > limits.exif:
        _warn(path, f"{exif:,} bytes of Exif data, which are")
        metadata = metadata.without_exif()
    if metadata.icc and len(metadata.icc) > limits.icc:
        _warn(path, "the color profile, which is")
        metadata = dataclasses.replace(metadata, icc=None)
    # Room for larger numbers of pixels.
    xmp = len(metadata.xmp_of_size(10**9, 10**9))
    if xmp > limits.xmp:
        _warn(path, f"{xmp:,} bytes of XMP, which are")
        metadata = dataclasses.replace(metadata, xmp=b"")
    if len(metadata.iptc) > limits.iptc:
        _warn(path, f"{len(metadata.iptc):,} bytes of IPTC data, which are")
        metadata = dataclasses.replace(metadata, iptc=b"")
    if len(metadata.comment) > limits.comment:
        _warn(path, "the comment, which is")
        metadata = dataclasses.replace(metadata, comment=b"")
    return metadata


def _without_png(metadata: Metadata, path: Path) -> Metadata:
    """Moves texts of a PNG into Exif data, as far as there are tags."""
    texts, exif_ifd = dict(metadata.texts), dict(metadata.exif_ifd)
    comment = metadata.comment
    dropped = []
    for chunk in metadata.png:
        tag = _EXIF_TAGS.get(chunk.keyword)
        text = _utf8(chunk.name, chunk.text)
        if tag is not None and tag not in texts:
            texts[tag] = text.decode("latin-1")
        elif (
            chunk.keyword == _PARAMETERS
            and ExifTags.Base.UserComment not in exif_ifd
        ):
            value = _UNICODE + text.decode(errors="replace").encode("utf-16-be")
            exif_ifd[ExifTags.Base.UserComment] = value
        elif chunk.keyword == b"Comment" and not comment:
            comment = text
        else:
            dropped.append(chunk.keyword.decode("latin-1"))
    if dropped:
        names = ", ".join(dict.fromkeys(dropped))
        _warn(path, f"texts of a PNG ({names}), which are")
    if metadata.hdr:
        _warn(path, "the color space of the PNG (cICP), which is")
    return dataclasses.replace(
        metadata,
        texts=texts,
        exif_ifd=exif_ifd,
        comment=comment,
        png=(),
        color=(),
        hdr=False,
    )


def _utf8(name: bytes, text: bytes) -> bytes:
    return text if name == b"iTXt" else text.decode("latin-1").encode()


def _warn(path: Path, what: str) -> None:
    logger.warning(f"{path}: the format has no room for {what} left out")
