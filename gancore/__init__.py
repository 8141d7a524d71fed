"""What both GANs share, and nothing about text or images."""

__version__ = "0.1.0"
