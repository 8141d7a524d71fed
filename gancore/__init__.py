"""What both GANs share, and nothing about text or images."""

__version__ = "0.2.0"
