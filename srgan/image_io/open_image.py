"""Opens an image file; every kind of damage raises `UnreadableImage`."""

from __future__ import annotations

import importlib.util
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from srgan.image_io.formats import Kind, kind_of
from srgan.image_io.jxl import jxl_image, jxl_size
from srgan.image_io.quirks import has_16bit_planes, rescale_transparent_gray

# No other decoder of Pillow's reads untrusted bytes. JPEG's also opens MPO,
# the multi-picture files of phone cameras.
_DECODERS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
# Library that decodes a kind, and the name of its package.
_LIBRARIES = {
    "heif": ("pillow_heif", "pillow-heif"),
    "jxl": ("imagecodecs", "imagecodecs"),
}
_DAMAGED = "the file is truncated, damaged or of a kind that cannot be read"
# Pillow's message for a damaged WebP file.
_WEBP_ERROR = "could not create decoder object"
# What Pillow raises when a header holds invalid values.
_HEADER_ERRORS = (
    LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError,
    struct.error,
)  # fmt: skip
# Everything that it raises for a damaged file.
DECODE_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError,
    *_HEADER_ERRORS,
)  # fmt: skip


class UnreadableImage(Exception):
    """A file that cannot be decoded completely; the message is the reason."""


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
        The image, not yet decoded; JPEG XL is, with 8 bits.

    Raises:
        UnreadableImage: If it cannot be opened, or not decoded in the block.
    """
    with decode_errors():
        kind = readable_kind(path)
        with (
            _pillow_settings(max_pixels),
            _open(path, kind, max_pixels) as image,
        ):
            check_size(image.size, max_pixels)
            if has_16bit_planes(image):
                raise UnreadableImage(
                    "16-bit colors in separate planes cannot be read"
                )
            rescale_transparent_gray(image)
            yield image


@contextmanager
def decode_errors() -> Iterator[None]:
    """Raises `UnreadableImage` for everything that decoders raise."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise UnreadableImage(_DAMAGED) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage("too large to be an image") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImage(_reason(error)) from error
    except _HEADER_ERRORS as error:
        raise UnreadableImage(f"the file is damaged ({error!r})") from error
    except MemoryError as error:
        raise UnreadableImage("it does not fit into memory") from error


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


def check_size(size: tuple[int, int], max_pixels: int | None) -> None:
    """Checks the number of pixels before they are decoded.

    Raises:
        UnreadableImage: If there are more than `max_pixels`.
        Image.DecompressionBombError: If that is `None`, and there are more
            than Pillow allows.
    """
    width, height = size
    if max_pixels is None and Image.MAX_IMAGE_PIXELS:
        if width * height > 2 * Image.MAX_IMAGE_PIXELS:
            raise Image.DecompressionBombError
    elif max_pixels and width * height > max_pixels:
        raise UnreadableImage(
            f"{width} x {height} is more than {max_pixels:,} pixels, "
            "which --max_pixels can change"
        )


@contextmanager
def _open(
    path: Path, kind: Kind, max_pixels: int | None
) -> Iterator[Image.Image]:
    decoders: tuple[str, ...] = _DECODERS
    if kind.name == "jxl":
        check_size(jxl_size(path), max_pixels)
        yield jxl_image(path)
        return
    if kind.name == "heif":
        import pillow_heif

        pillow_heif.register_heif_opener()
        decoders = ("HEIF",)
    with Image.open(path, formats=decoders) as image:
        yield image


@contextmanager
def _pillow_settings(max_pixels: int | None) -> Iterator[None]:
    """Silences Pillow's warnings and replaces its limit of pixels by ours.

    It warns of odd tags, and of images half as large as those it refuses.
    """
    default = Image.MAX_IMAGE_PIXELS
    if max_pixels is not None:
        Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            for kind in (UserWarning, Image.DecompressionBombWarning):
                warnings.filterwarnings("ignore", category=kind)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = default


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    message = str(error)
    if "truncated" in message.lower():
        return "the file is truncated"
    return _DAMAGED if message == _WEBP_ERROR else message or repr(error)
