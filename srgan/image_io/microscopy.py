"""Scales the sizes that TIFFs of microscopes state in their description.

Reference:
    - [OME-XML](https://docs.openmicroscopy.org/ome-model/latest/)
    - ImageJ, `ij.io.FileInfo` (its description and resolution)
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from PIL import Image

logger = logging.getLogger(__name__)

_IMAGEJ = "ImageJ="
_OME = re.compile(r"<(\w+:)?OME\b")
_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b[^>]*>")
_SIZE = re.compile(r'\b(Size[XY]=")(\d{1,9})(")')
_LENGTH = re.compile(r'\b(PhysicalSize[XY]=")([^"]*)(")')
_GEOTIFF = (33550, 33922, 34264, 34735, 34736, 34737, 42113)
_STACK = re.compile(r"^images=(\d{1,9})$", re.MULTILINE)


def is_imagej(description: str) -> bool:
    """Checks whether ImageJ wrote a description."""
    return description.startswith(_IMAGEJ)


def scale_description(description: str, scale: int) -> str | None:
    """Scales the sizes in a description.

    Args:
        description: The text of a TIFF.
        scale: Upscaling factor.

    Returns:
        The description: sizes in pixels are multiplied, lengths of a pixel
        divided. `None` if it is OME-XML that cannot be scaled.
    """
    if not _OME.search(description[:1000]):
        return description
    elements = _PIXELS.findall(description)
    if len(elements) != 1:
        return None
    (element,) = elements
    scaled = _SIZE.sub(
        lambda match: f"{match[1]}{int(match[2]) * scale}{match[3]}", element
    )
    try:
        scaled = _LENGTH.sub(
            lambda match: f"{match[1]}{float(match[2]) / scale!r}{match[3]}",
            scaled,
        )
    except ValueError:
        return None
    return description.replace(element, scaled)


def report_lost_tags(image: Image.Image, path: Path) -> None:
    """Logs a warning for what a TIFF has and an output cannot.

    Args:
        image: The opened image.
        path: Its file.
    """
    tags = getattr(image, "tag_v2", {})
    if any(tag in tags for tag in _GEOTIFF):
        logger.warning(f"{path}: left out: its georeference (GeoTIFF)")
    description = tags.get(270, "")
    if isinstance(description, str) and is_imagej(description):
        stack = _STACK.search(description)
        if stack and int(stack[1]) > 1:
            logger.warning(
                f"{path}: left out: all images of its ImageJ stack of "
                f"{stack[1]} but the first"
            )
