"""Pixel, perceptual and adversarial losses of the SRGAN."""
