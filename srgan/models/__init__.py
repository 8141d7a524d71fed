"""The networks of the SRGAN; its names are imported on first use."""

from typing import TYPE_CHECKING

from gancore.lazy import lazy_names

_HOMES = {
    "Generator": "srgan.models.generator",
    "Discriminator": "srgan.models.discriminator",
    "UNetDiscriminator": "srgan.models.unet_discriminator",
    "GAN": "srgan.models.gan",
}
__all__ = list(_HOMES)

if TYPE_CHECKING:
    from srgan.models.discriminator import Discriminator as Discriminator
    from srgan.models.gan import GAN as GAN
    from srgan.models.generator import Generator as Generator
    from srgan.models.unet_discriminator import (
        UNetDiscriminator as UNetDiscriminator,
    )
else:
    __getattr__ = lazy_names(__name__, _HOMES)
