"""What every GAN here needs, and nothing about words or images."""

__version__ = "0.1.0"
