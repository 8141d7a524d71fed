"""Opens a image file; whatever is wrong with it gets one name."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from srgan.image_io.quirks import has_deep_planes, mend_transparency

# No other decoder of Pillow's sees a stranger's bytes. JPEG's also opens MPO,
# the photographs of several parts that telephones make.
_DECODERS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
# How files of these formats begin; of WebP it is the container.
_STARTS = (
    b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*", b"II+\0",
    b"MM\0+", b"BM", b"GIF8",
)  # fmt: skip
_MAIMED = "the file is truncated, damaged or of a kind that cannot be read"
# What Pillow says of a WebP file that it cannot make head or tail of.
_NO_WEBP = "could not create decoder object"
# What Pillow stumbles over when the tables in a file are nonsense.
_NONSENSE = (
    LookupError, TypeError, AttributeError, ArithmeticError, struct.error,
)  # fmt: skip
# All that it raises over a damaged file.
DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError,
    *_NONSENSE,
)  # fmt: skip


class UnreadableImage(Exception):
    """A file that is no whole image; the message says why."""


@contextmanager
def opened(
    path: Path, max_pixels: int | None = None
) -> Iterator[ImageFile.ImageFile]:
    """Opens a image file.

    Args:
        path: PNG, JPEG, WebP, TIFF, BMP or GIF file.
        max_pixels: Most pixels it may have; Pillow's own limit by default.

    Yields:
        The image, not yet decoded.

    Raises:
        UnreadableImage: If it cannot be opened, or decoded in the block.
    """
    try:
        with (
            _pillow_rules(max_pixels),
            Image.open(path, formats=_DECODERS) as image,
        ):
            width, height = image.size
            if max_pixels and width * height > max_pixels:
                raise UnreadableImage(
                    f"{width} x {height} is more than {max_pixels:,} pixels, "
                    "which --max_pixels can change"
                )
            if has_deep_planes(image):
                raise UnreadableImage(
                    "16-bit colours in separate planes cannot be read"
                )
            mend_transparency(image)
            yield image
    except UnidentifiedImageError as error:
        raise UnreadableImage(_unidentified(path)) from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage("too large to be a image") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImage(_reason(error)) from error
    except _NONSENSE as error:
        raise UnreadableImage(f"the file is damaged ({error!r})") from error


@contextmanager
def _pillow_rules(max_pixels: int | None) -> Iterator[None]:
    """Mutes Pillow's remarks; a limit of ours replaces its own.

    It remarks on odd tags, and on images half as large as those it refuses.
    """
    usual = Image.MAX_IMAGE_PIXELS
    if max_pixels is not None:
        Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            for kind in (UserWarning, Image.DecompressionBombWarning):
                warnings.filterwarnings("ignore", category=kind)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def _unidentified(path: Path) -> str:
    """Says why Pillow knows no decoder for a file."""
    with path.open("rb") as file:
        start = file.read(max(map(len, _STARTS)))
    if not start:
        return "the file is empty"
    return _MAIMED if start.startswith(_STARTS) else "not a image"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = str(error)
    if "truncated" in said.lower():
        return "the file is truncated"
    return _MAIMED if said == _NO_WEBP else said or repr(error)
