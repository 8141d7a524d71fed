"""What damaged image files raise: always `UnreadableImage`."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, PngImagePlugin, UnidentifiedImageError

_DAMAGED = "the file is truncated, damaged or of a kind that cannot be read"
# Of a text of a PNG, decompressed.
_MAX_TEXT = 2**26
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
    except ImportError as error:
        raise UnreadableImage(f"its decoder fails: {error}") from error


@contextmanager
def pillow_settings(
    max_pixels: int | None, enforced: bool = False
) -> Iterator[None]:
    """Silences Pillow's warnings and replaces its limits by ours.

    It warns of odd tags, and of images half as large as those it refuses.

    Args:
        max_pixels: Limit of pixels; `None` leaves that of Pillow.
        enforced: Whether Pillow refuses more than twice as many; otherwise it
            refuses none, and `check_size` is to be called.
    """
    default = Image.MAX_IMAGE_PIXELS
    text_chunk, text_memory = (
        PngImagePlugin.MAX_TEXT_CHUNK,
        PngImagePlugin.MAX_TEXT_MEMORY,
    )
    PngImagePlugin.MAX_TEXT_CHUNK = _MAX_TEXT
    PngImagePlugin.MAX_TEXT_MEMORY = 2 * _MAX_TEXT
    if max_pixels is not None:
        Image.MAX_IMAGE_PIXELS = max_pixels if enforced else None
    try:
        with warnings.catch_warnings():
            for kind in (UserWarning, Image.DecompressionBombWarning):
                warnings.filterwarnings("ignore", category=kind)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = default
        PngImagePlugin.MAX_TEXT_CHUNK = text_chunk
        PngImagePlugin.MAX_TEXT_MEMORY = text_memory


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


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    message = str(error)
    if "truncated" in message.lower():
        return "the file is truncated"
    return _DAMAGED if message == _WEBP_ERROR else message or repr(error)
