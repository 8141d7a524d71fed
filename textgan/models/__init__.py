"""The networks of the TextGAN."""
