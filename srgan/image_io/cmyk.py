"""Converts CMYK to RGB."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from PIL import Image, ImageCms

logger = logging.getLogger(__name__)


def cmyk_to_rgb(image: Image.Image, path: Path) -> Image.Image:
    """Converts by the color profile of the image if it has one.

    Args:
        image: CMYK image.
        path: Its file, for messages.
    """
    profile = image.info.get("icc_profile")
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except ImageCms.PyCMSError:
            converted = None
        if converted is not None:
            logger.info(
                f"{path}: CMYK becomes RGB (sRGB, by the file's own profile)"
            )
            return converted
    logger.warning(
        f"{path}: CMYK becomes RGB; without a color profile its colors are a "
        "guess"
    )
    return image.convert("RGB")
