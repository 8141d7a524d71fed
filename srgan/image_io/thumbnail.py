"""Makes the thumbnail that is stored in Exif data."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

# Exif's usual size (DCF 2.0, section 3.3.2).
_SIDE = 160
_QUALITY = 80


def make_thumbnail(pixels: np.ndarray) -> bytes:
    """Returns a JPEG of at most 160 x 160 pixels.

    Args:
        pixels: uint8 or uint16 array of shape `(height, width, channels)`.
    """
    # Most pixels of a large image are skipped before it is resized.
    step = max(1, min(pixels.shape[:2]) // (4 * _SIDE))
    few = pixels[::step, ::step, : 1 if pixels.shape[-1] < 3 else 3]
    if few.dtype == np.uint16:
        few = (few >> 8).astype(np.uint8)
    few = np.ascontiguousarray(few)
    image = Image.fromarray(few[..., 0] if few.shape[-1] == 1 else few)
    image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
