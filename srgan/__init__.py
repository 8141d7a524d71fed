"""SRGAN: a residual generator that enlarges photographs, and its judge.

The names below are imported on first use, so that `import srgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

from typing import TYPE_CHECKING

from adversarial import __version__ as __version__
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

if TYPE_CHECKING:
    # What a type checker and an editor see.
    from srgan.config import Config as Config
    from srgan.discriminator import Discriminator as Discriminator
    from srgan.enlarging.upscaling import upscale as upscale
    from srgan.gan import GAN as GAN
    from srgan.generator import Generator as Generator
    from srgan.loading import load as load
    from srgan.mapping import MappingNetwork as MappingNetwork
    from srgan.objective import Objective as Objective
    from srgan.perceptual import FeatureExtractor as FeatureExtractor
    from srgan.unet_discriminator import UNetDiscriminator as UNetDiscriminator
else:
    __getattr__ = lazy_names(__name__, _HOMES)
