"""Recognizes kinds of image files by their names and first bytes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

# Formats that are read, by the suffix of a file.
FORMATS = {
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp",
    ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif", ".hif",
    ".jxl",
}  # fmt: skip
_HEAD_BYTES = 64
_JXL_CODESTREAM = b"\xff\x0a"
_JXL_CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_HEIF_BRANDS = (
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
)  # fmt: skip
# Signatures of formats that Pillow reads; of WebP it is that of the container.
_SIGNATURES = (
    b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*", b"II+\0",
    b"MM\0+", b"BM", b"GIF8",
)  # fmt: skip
_TIFF = (b"II*\0", b"MM\0*")
# Camera files are TIFFs of other makes, which only their names tell apart.
_RAW_SUFFIXES = {
    ".dng", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".cr2", ".pef", ".orf",
    ".rw2", ".raf", ".3fr", ".iiq", ".dcr", ".kdc", ".erf", ".mef", ".mos",
}  # fmt: skip
_RAW = "a camera's raw file"
# Kinds that are not read: position and bytes of their signatures.
_OTHER_KINDS = (
    (0, b"8BPS", "a Photoshop file (PSD)"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (0, b"II\xbc", "a JPEG XR image"),
    (0, b"v/1\x01", "an OpenEXR image"),
    (0, b"#?RADIANCE", "a Radiance HDR image"),
    (0, b"#?RGBE", "a Radiance HDR image"),
    (0, b"gimp xcf", "a GIMP file (XCF)"),
    (0, b"%PDF", "a PDF file"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"DDS ", "a DDS texture"),
    (0, b"\0\0\1\0", "an icon (ICO)"),
    (0, b"icns", "an icon (ICNS)"),
    (0, b"qoif", "a QOI image"),
    (0, b"FUJIFILM", _RAW),
    (0, b"IIRO", _RAW),
    (0, b"IIU\0", _RAW),
    (8, b"CR\x02", _RAW),
    (4, b"ftypcrx ", _RAW),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (8, b"AVI ", "a video"),
    (4, b"ftyp", "a video"),
)
_SVG_STARTS = (b"<svg", b"<?xml")
_NETPBM = tuple(b"P%d" % i for i in range(1, 8))


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: `heif` or `jxl`, which need a library; `pillow` for what Pillow
            reads; `other` for a known kind that is not read; or `unknown`.
        text: For messages, such as `an icon (ICO)`.
    """

    name: str
    text: str = ""


def kind_of(path: Path) -> Kind:
    """Recognizes the kind of a file.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return Kind("empty", "empty")
    if head.startswith((_JXL_CODESTREAM, _JXL_CONTAINER)):
        return Kind("jxl", "a JPEG XL image")
    if head[4:8] == b"ftyp":
        brands = _brands(head)
        if brands & {b"avif", b"avis"}:
            return Kind("pillow", "an AVIF image")
        if brands & set(_HEIF_BRANDS):
            return Kind("heif", "a HEIC image")
    for start, signature, text in _OTHER_KINDS:
        if head.startswith(signature, start):
            return Kind("other", text)
    if head.startswith(_TIFF) and path.suffix.lower() in _RAW_SUFFIXES:
        return Kind("other", _RAW)
    if head.startswith(_SIGNATURES):
        return Kind("pillow")
    if head[:2] in _NETPBM and head[2:3].isspace():
        return Kind("other", "a Netpbm image (PPM)")
    if head.lstrip().startswith(_SVG_STARTS) and path.suffix.lower() == ".svg":
        return Kind("other", "an SVG drawing")
    return Kind("unknown")


def _brands(head: bytes) -> set[bytes]:
    """Returns the brands of an ISO base media file (ISO/IEC 14496-12)."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    # The four bytes after the major brand are its version.
    places = (8, *range(16, size - 3, 4))
    return {head[i : i + 4] for i in places}
