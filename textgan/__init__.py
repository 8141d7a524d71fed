"""TextGAN: an LSTM generator and a convolutional discriminator of jokes.

The names below are imported on first use, so that `import textgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

from adversarial import __version__
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
__getattr__ = lazy_names(__name__, _HOMES)
