"""Writes WebP, whose largest images fit into memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from srgan.image_io.encoders.header import Header


def encode_webp(
    file: BinaryIO, header: Header, bands: Iterable[np.ndarray]
) -> None:
    """Writes a WebP: lossless if the source was, otherwise lossy.

    Alpha is always lossless.

    Args:
        file: Binary file to write to.
        header: Kind and size of the image, 8 bits.
        bands: Its rows from top to bottom, in arrays of shape
            `(rows, width, channels)`.
    """
    shape = (header.height, header.width, header.channels)
    pixels = np.empty(shape, np.uint8)
    row = 0
    for rows in bands:
        pixels[row : row + len(rows)] = rows
        row += len(rows)
    image = Image.fromarray(pixels[..., 0] if shape[-1] == 1 else pixels)
    metadata = header.metadata
    exif = metadata.exif(header.height, header.width, with_dpi=True)
    xmp = metadata.xmp_of_size(header.height, header.width)
    settings: dict[str, Any] = {"exif": exif, "xmp": xmp}
    if metadata.icc:
        settings["icc_profile"] = metadata.icc
    image.save(
        file,
        "WEBP",
        quality=header.quality,
        lossless=metadata.lossless,
        **settings,
    )
