"""The official archives of DIV2K: addresses, sizes and checksums.

Sizes and SHA-256 are those that TensorFlow Datasets publishes.

Reference:
    - [Agustsson and Timofte 2017](https://doi.org/10.1109/CVPRW.2017.150)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from gancore.io.download import RemoteFile

PAGE = "https://data.vision.ee.ethz.ch/cvl/DIV2K/"
LICENSE = "for academic research only; the photographs belong to their authors"
# Ratios of the official LR images.
SCALES = (2, 3, 4, 8)


@dataclasses.dataclass(frozen=True)
class Archive:
    """An archive of images.

    Attributes:
        file: Its address, size and SHA-256.
        folder: Folder that training reads its images from, relative to that
            of the dataset.
    """

    file: RemoteFile
    folder: str


def archives(scales: Sequence[int]) -> list[Archive]:
    """Lists the archives to download, the smallest first.

    The HR images of the training set are the largest, so they come last:
    until then training does not take the folder for a complete dataset.

    Args:
        scales: Ratios of the LR images to include, of `SCALES`.
    """
    found = [
        _archive(split, scale)
        for split in ("train", "valid")
        for scale in (None, *scales)
    ]
    return sorted(found, key=lambda archive: archive.file.size)


# By split and scale, `None` for the HR images: size in bytes, SHA-256.
_KNOWN = {
    ("train", None): (
        3_530_603_713,
        "9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
    ),
    ("valid", None): (
        448_993_893,
        "20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc",
    ),
    ("train", 2): (
        925_390_592,
        "a53a424317575838dadce4bcd97cf7b744d6855f43740ed5f0245af3cf4bd850",
    ),
    ("valid", 2): (
        117_763_600,
        "60eed9875c697df51204aa579e2a699e1d5215095788a097ff54dd17e2664d57",
    ),
    ("train", 3): (
        427_847_282,
        "ad5c8e5507e2765823d3c2c5bd0934842efcd487c5370604c224090898b3163a",
    ),
    ("valid", 3): (
        54_513_392,
        "04b9a2ed3b4a0715d3924d3ae8514830c3328fac8d30512ce716d6f419e052a3",
    ),
    ("train", 4): (
        246_914_039,
        "f006b837f4eb52b82909aa01478e6d6d199eefce932179491d0c9dbb706dde3a",
    ),
    ("valid", 4): (
        31_505_881,
        "a50a5d1c4b88de4e8d300d8fb2b904c52fe93b2b298a4899697760d7cbb6d553",
    ),
    ("train", 8): (
        65_753_171,
        "706fa23164fa0756a3accb78e69b937ea47f882b47e13506895deefd623a35c2",
    ),
    ("valid", 8): (
        8_428_103,
        "3432f23da7c6887acc5e2cde9669427a7710b3b256c58912dddc19e3eda5bc69",
    ),
}


def _archive(split: str, scale: int | None) -> Archive:
    name = folder = f"DIV2K_{split}_HR"
    if scale:
        folder = f"DIV2K_{split}_LR_bicubic/X{scale}"
        # The archives of the 2018 challenge are named differently.
        suffix = "x8" if scale == 8 else f"bicubic_X{scale}"
        name = f"DIV2K_{split}_LR_{suffix}"
    file = RemoteFile(f"{PAGE}{name}.zip", *_KNOWN[split, scale])
    return Archive(file, folder)
