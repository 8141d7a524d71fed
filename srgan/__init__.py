"""SRGAN: a residual generator that enlarges photographs, and its judge.

The names below are imported on first use, so that `import srgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

import importlib
from typing import Any

from adversarial import __version__

_HOMES = {
    "Config": "srgan.config",
    "MappingNetwork": "srgan.mapping",
    "Generator": "srgan.generator",
    "Discriminator": "srgan.discriminator",
    "GAN": "srgan.gan",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'srgan' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
