"""Opens an image file of any kind that is read."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from srgan.image_io.errors import (
    UnreadableImage,
    check_size,
    decode_errors,
    pillow_settings,
)
from srgan.image_io.formats import Kind, kind_of
from srgan.image_io.png_chunks import read_png_chunks
from srgan.image_io.quirks import rescale_transparent_gray
from srgan.image_io.special import decode_special

# No other decoder of Pillow's reads untrusted bytes. JPEG's also opens MPO,
# the multi-picture files of phone cameras.
_DECODERS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
# Library that decodes a kind, and the name of its package.
_LIBRARIES = {
    "heif": ("pillow_heif", "pillow-heif"),
    "jxl": ("imagecodecs", "imagecodecs"),
}


@contextmanager
def open_image(
    path: Path, max_pixels: int | None = None
) -> Iterator[Image.Image]:
    """Opens an image file.

    Args:
        path: File of one of the `FORMATS`, whatever its name.
        max_pixels: Largest allowed number of pixels. Defaults to Pillow's
            limit.

    Yields:
        The image, not yet decoded, except for `SpecialImage`.

    Raises:
        UnreadableImage: If it cannot be opened, or not decoded in the block.
    """
    with decode_errors():
        kind = readable_kind(path)
        read_png_chunks(path)  # Refuses too large ones.
        with (
            pillow_settings(max_pixels),
            _open(path, kind, max_pixels) as image,
        ):
            check_size(image.size, max_pixels)
            rescale_transparent_gray(image)
            yield image


def readable_kind(path: Path) -> Kind:
    """Recognizes the kind of an image file that can be read here.

    Raises:
        UnreadableImage: If it is empty, no image, of a kind that is not
            read, or of one whose library is not installed.
    """
    kind = kind_of(path)
    if kind.name == "empty":
        raise UnreadableImage("the file is empty")
    if kind.name == "unknown":
        raise UnreadableImage("not an image")
    if kind.name == "other":
        raise UnreadableImage(
            f"{kind.text}, which is not read; convert it to PNG or TIFF"
        )
    if kind.name in _LIBRARIES:
        module, package = _LIBRARIES[kind.name]
        if importlib.util.find_spec(module) is None:
            raise UnreadableImage(
                f"{kind.text}; to read it, run: pip install {package}"
            )
    return kind


@contextmanager
def _open(
    path: Path, kind: Kind, max_pixels: int | None
) -> Iterator[Image.Image]:
    decoders: tuple[str, ...] = _DECODERS
    special = decode_special(path, kind, max_pixels)
    if special:
        yield special.image_8bit(path)
        return
    if kind.name == "heif":
        import pillow_heif

        pillow_heif.register_heif_opener()
        decoders = ("HEIF",)
    with Image.open(path, formats=decoders) as image:
        yield image
