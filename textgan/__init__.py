"""TextGAN: an LSTM generator and a convolutional discriminator of jokes.

The names below are imported on first use, so that `import textgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

from typing import TYPE_CHECKING

from adversarial import __version__ as __version__
from adversarial.lazy import lazy_names

_HOMES = {
    "Config": "textgan.config",
    "Corpus": "textgan.corpus",
    "Vocabulary": "textgan.vocabulary",
    "Generator": "textgan.generator",
    "Discriminator": "textgan.discriminator",
    "RecurrentDiscriminator": "textgan.recurrent_discriminator",
    "Encoder": "textgan.phrases",
    "Objective": "textgan.objective",
    "GAN": "textgan.gan",
    "Writer": "textgan.writer",
    "load": "textgan.loading",
}
__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    # What a type checker and an editor see.
    from textgan.config import Config as Config
    from textgan.corpus import Corpus as Corpus
    from textgan.discriminator import Discriminator as Discriminator
    from textgan.gan import GAN as GAN
    from textgan.generator import Generator as Generator
    from textgan.loading import load as load
    from textgan.objective import Objective as Objective
    from textgan.phrases import Encoder as Encoder
    from textgan.recurrent_discriminator import (
        RecurrentDiscriminator as RecurrentDiscriminator,
    )
    from textgan.vocabulary import Vocabulary as Vocabulary
    from textgan.writer import Writer as Writer
else:
    __getattr__ = lazy_names(__name__, _HOMES)
