"""Likelihood and adversarial losses of the TextGAN."""
