"""TextGAN: an LSTM generator and a convolutional discriminator for texts.

The names below are imported on first use, so that `import textgan` and
`--help` do not load TensorFlow.
"""

from typing import TYPE_CHECKING

from gancore import __version__ as __version__
from gancore.lazy import lazy_names

_HOMES = {
    "Config": "textgan.config",
    "Corpus": "textgan.data.corpus",
    "Vocabulary": "textgan.data.vocabulary",
    "Generator": "textgan.models.generator",
    "Discriminator": "textgan.models.discriminator",
    "RecurrentDiscriminator": "textgan.models.recurrent_discriminator",
    "Encoder": "textgan.models.encoder",
    "LossConfig": "textgan.losses.config",
    "GAN": "textgan.models.gan",
    "TextGenerator": "textgan.inference.text_generator",
    "load": "textgan.inference.load",
    "save": "textgan.inference.save",
}
__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    # What a type checker and an editor see.
    from textgan.config import Config as Config
    from textgan.data.corpus import Corpus as Corpus
    from textgan.data.vocabulary import Vocabulary as Vocabulary
    from textgan.inference.load import load as load
    from textgan.inference.save import save as save
    from textgan.inference.text_generator import TextGenerator as TextGenerator
    from textgan.losses.config import LossConfig as LossConfig
    from textgan.models.discriminator import Discriminator as Discriminator
    from textgan.models.encoder import Encoder as Encoder
    from textgan.models.gan import GAN as GAN
    from textgan.models.generator import Generator as Generator
    from textgan.models.recurrent_discriminator import (
        RecurrentDiscriminator as RecurrentDiscriminator,
    )
else:
    __getattr__ = lazy_names(__name__, _HOMES)
