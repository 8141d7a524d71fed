"""SRGAN: a residual generator that upscales photographs, and its discriminator.

The names below are imported on first use, so that `import srgan` (and the
`--help` of the training script) does not wait for TensorFlow.
"""

from typing import TYPE_CHECKING

from gancore import __version__ as __version__
from gancore.lazy import lazy_names

_HOMES = {
    "Config": "srgan.config",
    "MappingNetwork": "srgan.data.mapping_network",
    "Generator": "srgan.models.generator",
    "Discriminator": "srgan.models.discriminator",
    "UNetDiscriminator": "srgan.models.unet_discriminator",
    "FeatureExtractor": "srgan.models.feature_extractor",
    "LossConfig": "srgan.losses.config",
    "GAN": "srgan.models.gan",
    "load": "srgan.inference.load",
    "save": "srgan.inference.save",
    "ImageUpscaler": "srgan.inference.image_upscaler",
    "upscale": "srgan.inference.upscale",
}
__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    # What a type checker and an editor see.
    from srgan.config import Config as Config
    from srgan.data.mapping_network import MappingNetwork as MappingNetwork
    from srgan.inference.image_upscaler import ImageUpscaler as ImageUpscaler
    from srgan.inference.load import load as load
    from srgan.inference.save import save as save
    from srgan.inference.upscale import upscale as upscale
    from srgan.losses.config import LossConfig as LossConfig
    from srgan.models.discriminator import Discriminator as Discriminator
    from srgan.models.feature_extractor import (
        FeatureExtractor as FeatureExtractor,
    )
    from srgan.models.gan import GAN as GAN
    from srgan.models.generator import Generator as Generator
    from srgan.models.unet_discriminator import (
        UNetDiscriminator as UNetDiscriminator,
    )
else:
    __getattr__ = lazy_names(__name__, _HOMES)
