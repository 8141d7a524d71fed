"""Chooses the format of an output by that of its input."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from srgan.image_io.errors import UnreadableImage
from srgan.image_io.formats import FORMATS, kind_of
from srgan.image_io.open_image import open_image
from srgan.image_io.write import WRITTEN

_LOSSY = ("JPEG", "MPO", "HEIF", "AVIF")
_ANIMATIONS = {"GIF": ".gif", "AVIF": ".webp", "WEBP": ".webp"}
# For files whose names say nothing.
_OWN = {"WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp"}
_ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")


def output_suffix(path: Path) -> str:
    """Returns the suffix of the output for an input file.

    It is that of the input if its format is written. A format that is not
    becomes JPEG if it is lossy, has 8 bits and no alpha, and PNG otherwise.
    Animations stay GIF, or become WebP.
    """
    if path.suffix.lower() in WRITTEN:
        return path.suffix
    try:
        if kind_of(path).name == "jxl":  # Its header is not read further.
            return ".png"
        with open_image(path) as image:
            if path.suffix.lower() not in FORMATS:
                own = _OWN.get(image.format or "")
                if own:
                    return own
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format in _ANIMATIONS:
                return _ANIMATIONS[image.format]
            return ".jpg" if _fits_jpeg(image) else ".png"
    except (UnreadableImage, OSError):
        return ".png"  # It is reported when it is read.


def _fits_jpeg(image: Image.Image) -> bool:
    return (
        image.format in _LOSSY
        and image.mode not in _ALPHA
        and image.info.get("bit_depth", 8) <= 8
    )
