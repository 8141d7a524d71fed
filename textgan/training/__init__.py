"""The stages of a TextGAN training and what monitors them."""
