"""Opens an image file; every kind of damage raises `UnreadableImage`."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from srgan.image_io.quirks import has_16bit_planes, rescale_transparent_gray

# No other decoder of Pillow's reads untrusted bytes. JPEG's also opens MPO,
# the multi-picture files of phone cameras.
_DECODERS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
# Signatures of these formats; of WebP it is that of the container.
_SIGNATURES = (
    b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*", b"II+\0",
    b"MM\0+", b"BM", b"GIF8",
)  # fmt: skip
_DAMAGED = "the file is truncated, damaged or of a kind that cannot be read"
# Pillow's message for a damaged WebP file.
_WEBP_ERROR = "could not create decoder object"
# What Pillow raises when a header holds invalid values.
_HEADER_ERRORS = (
    LookupError, TypeError, AttributeError, ArithmeticError, struct.error,
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
) -> Iterator[ImageFile.ImageFile]:
    """Opens an image file.

    Args:
        path: PNG, JPEG, WebP, TIFF, BMP or GIF file.
        max_pixels: Largest allowed number of pixels. Defaults to Pillow's
            limit.

    Yields:
        The image, not yet decoded.

    Raises:
        UnreadableImage: If it cannot be opened, or not decoded in the block.
    """
    try:
        with (
            _pillow_settings(max_pixels),
            Image.open(path, formats=_DECODERS) as image,
        ):
            width, height = image.size
            if max_pixels and width * height > max_pixels:
                raise UnreadableImage(
                    f"{width} x {height} is more than {max_pixels:,} pixels, "
                    "which --max_pixels can change"
                )
            if has_16bit_planes(image):
                raise UnreadableImage(
                    "16-bit colors in separate planes cannot be read"
                )
            rescale_transparent_gray(image)
            yield image
    except UnidentifiedImageError as error:
        raise UnreadableImage(_unidentified(path)) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage("too large to be an image") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImage(_reason(error)) from error
    except _HEADER_ERRORS as error:
        raise UnreadableImage(f"the file is damaged ({error!r})") from error


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


def _unidentified(path: Path) -> str:
    """Returns the reason why no decoder accepts a file."""
    with path.open("rb") as file:
        start = file.read(max(map(len, _SIGNATURES)))
    if not start:
        return "the file is empty"
    return _DAMAGED if start.startswith(_SIGNATURES) else "not an image"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    message = str(error)
    if "truncated" in message.lower():
        return "the file is truncated"
    return _DAMAGED if message == _WEBP_ERROR else message or repr(error)
