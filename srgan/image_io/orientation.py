"""Makes stored images upright."""

from __future__ import annotations

import numpy as np

# Steps that make a stored image upright, by Exif's orientation (TIFF 6.0,
# section 8): transpose, then flip vertically, then flip horizontally.
_ORIENTATIONS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def apply_orientation(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Makes an image upright.

    Args:
        pixels: Stored pixels of shape `(height, width, channels)`.
        orientation: Exif orientation, 1 to 8.
    """
    transpose, flip_vertical, flip_horizontal = _ORIENTATIONS[orientation]
    if transpose:
        pixels = pixels.swapaxes(0, 1)
    return pixels[
        :: -1 if flip_vertical else 1, :: -1 if flip_horizontal else 1
    ]
