"""Names what a file holds beside its main image, which is left out."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from PIL import Image

from srgan.image_io.avif import is_deep_avif

logger = logging.getLogger(__name__)

# Names of gain maps: of Adobe in XMP, of ISO 21496-1 in a segment, and of
# Apple as an auxiliary image.
_GAIN_MAP_XMP = b"http://ns.adobe.com/hdr-gain-map/1.0/"
_GAIN_MAP_ISO = b"urn:iso:std:iso:ts:21496:-1"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/"
_GAIN_MAP_AUX = ("hdrgainmap", "ts:21496")
_MOTION = re.compile(rb"""(MotionPhoto|MicroVideo)(=["']|>)1""")


def report_extras(image: Image.Image, path: Path) -> None:
    """Logs a warning for all that a file holds beside its main image.

    Args:
        image: The opened image.
        path: Its file.
    """
    extras = _extras(image)
    if extras:
        logger.warning(f"{path}: left out: {', '.join(extras)}")
    if image.format == "AVIF" and is_deep_avif(path):
        logger.warning(f"{path}: its 10 or 12 bits are read as 8")
    if image.format == "JXL":
        logger.info(
            f"{path}: the color profile of a JPEG XL is not read; its colors "
            "are taken as sRGB"
        )


def _extras(image: Image.Image) -> list[str]:
    xmp = image.info.get("xmp") or b""
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    segments = [data for _, data in getattr(image, "applist", [])]
    aux = "".join(map(str, image.info.get("aux") or ()))
    extras = []
    gain_map = (
        _GAIN_MAP_XMP in xmp
        or any(_GAIN_MAP_ISO in data for data in segments)
        or any(name in aux for name in _GAIN_MAP_AUX)
    )
    if gain_map:
        extras.append("the HDR gain map")
    if image.info.get("depth_images"):
        extras.append("the depth map")
    others = getattr(image, "n_frames", 1) - 1
    if image.format == "MPO" and gain_map:
        others -= 1
    if others > 0 and image.format in ("MPO", "HEIF"):
        extras.append(
            "the second image" if others == 1 else f"{others} more images"
        )
    if any(_EXTENDED_XMP in data for data in segments):
        extras.append("the extended XMP")
    if _MOTION.search(xmp):
        extras.append("the video of the motion photo")
    return extras
