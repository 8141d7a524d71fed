"""Says in a line which pretrained weights suit what."""

from __future__ import annotations

from srgan.inference.load import PRETRAINED

_SOURCES = {
    "photo": "photographs with noise and JPEG artifacts",
    "compact": "clean images",
}


_ADVERSARIAL = "-gan"


def describe(name: str) -> str:
    """Returns what pretrained weights are for, such as `for clean images`.

    Args:
        name: One of the names in `PRETRAINED`.
    """
    text = f"for {_SOURCES[name.split('-')[0]]}"
    if name.endswith(_ADVERSARIAL):
        text += ", sharper, invents detail"
    return text


def hint(name: str) -> str:
    """Returns what pretrained weights are for, and which suit other images.

    Args:
        name: One of the names in `PRETRAINED`.
    """
    kind, scale = name.split("-")[:2]
    text = f"{name}, {describe(name)}"
    for other, source in _SOURCES.items():
        if other != kind and f"{other}-{scale}" in PRETRAINED:
            text += f"; {other}-{scale} suits {source}"
    return text
