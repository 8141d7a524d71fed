"""SRGAN: a residual generator that enlarges photographs, and its judge.

The names below are imported on first use, so that `import srgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

from adversarial import __version__
from adversarial.lazy import lazy_names

_HOMES = {
    "Config": "srgan.config",
    "MappingNetwork": "srgan.mapping",
    "Generator": "srgan.generator",
    "Discriminator": "srgan.discriminator",
    "UNetDiscriminator": "srgan.unet_discriminator",
    "FeatureExtractor": "srgan.perceptual",
    "Objective": "srgan.objective",
    "GAN": "srgan.gan",
    "load": "srgan.loading",
    "upscale": "srgan.enlarging.upscaling",
}
__all__ = [*_HOMES, "__version__"]
__getattr__ = lazy_names(__name__, _HOMES)
