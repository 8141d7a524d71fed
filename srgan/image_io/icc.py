"""Builds ICC profiles of RGB with the transfer function of sRGB.

Reference:
    - ICC.1:2022, sections 7, 9.2 and annex E (chromatic adaptation)
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from PIL import ImageCms

# White and red, green and blue, x and y.
SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [
        [0.8951, 0.2664, -0.1614],
        [-0.7502, 1.7135, 0.0367],
        [0.0389, -0.0685, 1.0296],
    ]
)
_TAG_TABLE = 128
_IDENTITY = slice(84, 100)
_NAME, _NEW_NAME = "sRGB built-in", "RGB from PNG "
_FIXED_LIMIT = 32_767.0


def primaries_profile(primaries: Sequence[float]) -> bytes:
    """Builds a profile of other primaries.

    Args:
        primaries: Chromaticities x and y of white, red, green and blue.

    Raises:
        ValueError: If no color space has them.
    """
    colors, adaptation = _matrices(primaries)
    if not np.isfinite(colors).all() or np.abs(colors).max() > _FIXED_LIMIT:
        raise ValueError(f"no color space has the primaries {primaries}")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    data = bytearray(profile.tobytes())
    data[_IDENTITY] = bytes(16)
    (count,) = struct.unpack_from(">I", data, _TAG_TABLE)
    for i in range(count):
        entry = _TAG_TABLE + 4 + 12 * i
        name, offset, _ = struct.unpack_from(">4sII", data, entry)
        if name in (b"rXYZ", b"gXYZ", b"bXYZ"):
            _write_fixed(data, offset + 8, colors[:, b"rgb".index(name[:1])])
        elif name == b"chad":
            _write_fixed(data, offset + 8, adaptation.ravel())
        elif name == b"chrm":
            _write_fixed(data, offset + 12, primaries[2:])
    old, new = (name.encode("utf-16-be") for name in (_NAME, _NEW_NAME))
    return bytes(data.replace(old, new))


def _matrices(
    primaries: Sequence[float],
) -> tuple[np.ndarray, np.ndarray]:
    """Computes the primaries at D50, and the matrix that adapts to it."""
    points = np.reshape(primaries, (4, 2))
    x, y = points.T
    if (y <= 0).any():
        raise ValueError("a chromaticity y is not positive")
    white, *rgb = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=-1)
    stacked = np.transpose(rgb)
    if abs(np.linalg.det(stacked)) < 1e-6:
        raise ValueError("the primaries lie on a line")
    colors = stacked * np.linalg.solve(stacked, white)
    cones, cones_d50 = _BRADFORD @ white, _BRADFORD @ _D50
    if (np.abs(cones) < 1e-6).any():
        raise ValueError("the white point is no color")
    scale = np.diag(cones_d50 / cones)
    adaptation = np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD
    return adaptation @ colors, adaptation


def _write_fixed(
    data: bytearray, offset: int, numbers: Sequence[float] | np.ndarray
) -> None:
    """Writes numbers as 16.16 fixed point."""
    values = [round(float(number) * 65536) for number in numbers]
    struct.pack_into(f">{len(values)}i", data, offset, *values)
