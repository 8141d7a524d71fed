"""TextGAN: an LSTM generator and a convolutional discriminator of jokes.

The names below are imported on first use, so that `import textgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

import importlib
from typing import Any

from adversarial import __version__

_HOMES = {
    "Config": "textgan.config",
    "Corpus": "textgan.corpus",
    "Vocabulary": "textgan.vocabulary",
    "Generator": "textgan.generator",
    "Discriminator": "textgan.discriminator",
    "GAN": "textgan.gan",
    "Writer": "textgan.writer",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'textgan' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
